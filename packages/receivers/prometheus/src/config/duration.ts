const units = [
  ['y', 31_536_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const pattern = /^(?=.)(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration as labels have it: `1h30m`, `1d`. Undefined if it is none, or nothing. */
export function parseLabelDuration(text: string): number | undefined {
  const amounts = pattern.exec(text)?.slice(1);
  const ms = amounts?.reduce((sum, amount, index) => sum + Number(amount ?? 0) * units[index]![1], 0) ?? 0;
  return ms > 0 ? ms : undefined;
}

/** As Prometheus writes a duration into `__scrape_interval__`: years, weeks and days only where nothing is left over. */
export function printLabelDuration(ms: number): string {
  let left = Math.round(ms);
  let text = '';
  for (const [unit, size] of units) {
    if (size > 3_600_000 && left % size !== 0) continue;
    const amount = Math.floor(left / size);
    if (amount > 0) text += `${amount}${unit}`;
    left -= amount * size;
  }
  return text || '0s';
}

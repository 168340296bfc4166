const milliseconds = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const duration = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const term = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

/** `1m30s` → 90000. Go's duration syntax, without the sign; `0` needs no unit. Undefined if it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!duration.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(term))
    ms += Number(amount) * milliseconds[unit as keyof typeof milliseconds];
  return ms;
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** `64MiB` → 67108864. Undefined if it is not a size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text);
  const unit = match && units[match[2]!];
  return unit ? Math.round(Number(match[1]) * unit) : undefined;
}

export const formatDuration = (ms: number): string =>
  ms >= 60_000 ? `${+(ms / 60_000).toFixed(1)}m` : ms >= 1000 ? `${+(ms / 1000).toFixed(1)}s` : `${Math.round(ms)}ms`;

/** 90000 → `1m30s`: exact, and `parseDuration` reads it as the same. */
export function printDuration(ms: number): string {
  let left = Math.round(ms * 1e6);
  let text = '';
  for (const [unit, size] of [
    ['h', 3.6e12],
    ['m', 6e10],
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
    ['ns', 1],
  ] as const) {
    const amount = Math.floor(left / size);
    if (amount > 0) text += `${amount}${unit}`;
    left -= amount * size;
  }
  return text || '0s';
}

/** 67108864 → `64MiB`: exact, with the largest unit that leaves no fraction. */
export function printBytes(bytes: number): string {
  const unit = ['TiB', 'GiB', 'MiB', 'KiB'].find((name) => bytes > 0 && bytes % units[name]! === 0);
  return unit ? `${bytes / units[unit]!}${unit}` : String(bytes);
}

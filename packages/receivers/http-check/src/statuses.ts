interface Range {
  readonly lowest: number;
  readonly highest: number;
}

/** `2xx`, `200-204`, `200, 404` or a number. Undefined if it is none. */
export function parseStatuses(said: string | number): ((status: number) => boolean) | undefined {
  const ranges: Range[] = [];
  for (const part of String(said).split(',')) {
    const match = /^\s*(?:([1-5])xx|([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?)\s*$/i.exec(part);
    if (!match) return undefined;
    const [, family, first, last = first] = match;
    const range = family
      ? { lowest: Number(family) * 100, highest: Number(family) * 100 + 99 }
      : { lowest: Number(first), highest: Number(last) };
    if (range.lowest > range.highest) return undefined;
    ranges.push(range);
  }
  return (status) => ranges.some(({ lowest, highest }) => status >= lowest && status <= highest);
}

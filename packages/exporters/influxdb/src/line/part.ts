/** Lines for one request. */
export interface Part {
  readonly bytes: Uint8Array;
  /** Where each line ends. A line break does not say it: there may be some in strings. */
  readonly ends: readonly number[];
  /** How many items each line stands for. */
  readonly items: readonly number[];
}

export const itemsIn = ({ items }: Part): number => items.reduce((sum, count) => sum + count, 0);

/** Two parts with half of the lines each. There must be more than one line. */
export function halves({ bytes, ends, items }: Part): readonly [Part, Part] {
  const middle = ends.length >> 1;
  const cut = ends[middle - 1]!;
  return [
    { bytes: bytes.subarray(0, cut), ends: ends.slice(0, middle), items: items.slice(0, middle) },
    {
      bytes: bytes.subarray(cut),
      ends: ends.slice(middle).map((end) => end - cut),
      items: items.slice(middle),
    },
  ];
}

import type { Int64s } from './int64.ts';

/** Finds by id what has that id. Writers number from 1 up, mostly, so that an array serves; other ids go into a map. */
export interface Ids {
  /** By id, for those that are not far apart; -1: there is none. */
  readonly dense: Int32Array;
  /** -1: there is none. `low` and `high` are the halves of the id. */
  find(low: number, high: number): number;
}

/** `duplicate` is called with the index of one whose id an earlier one has. */
export function idsOf(column: Int64s, duplicate: (index: number) => never): Ids {
  const limit = column.length * 2 + 16;
  const dense = new Int32Array(limit).fill(-1);
  const sparse = new Map<bigint, number>();
  for (let index = 0; index < column.length; index++) {
    const low = column.low(index);
    const isDense = column.high(index) === 0 && low >= 0 && low < limit;
    const known = isDense ? dense[low] !== -1 : sparse.has(column.unsigned(index));
    if (known) duplicate(index);
    if (isDense) dense[low] = index;
    else sparse.set(column.unsigned(index), index);
  }
  return {
    dense,
    find(low, high) {
      if (high === 0 && low >= 0 && low < limit) return dense[low]!;
      if (sparse.size === 0) return -1;
      return sparse.get((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) ?? -1;
    },
  };
}

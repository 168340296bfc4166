import type { Int64s } from './int64.ts';
import { createPairs } from './pairs.ts';

/** Finds by id what has that id. Writers number from 1 up, mostly, so that an array serves; other ids go into a table. */
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
  const sparse = createPairs('ids', column.length);
  const sparseIndex = new Int32Array(column.length + 1).fill(-1);
  for (let index = 0; index < column.length; index++) {
    const low = column.low(index);
    const high = column.high(index);
    const isDense = high === 0 && low >= 0 && low < limit;
    const [table, at] = isDense ? [dense, low] : [sparseIndex, sparse.intern(low, high)];
    if (table[at] !== -1) duplicate(index);
    table[at] = index;
  }
  return {
    dense,
    find(low, high) {
      if (high === 0 && low >= 0 && low < limit) return dense[low]!;
      return sparseIndex[sparse.find(low, high)]!;
    },
  };
}

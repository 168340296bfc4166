import type { Int64 } from '@millrace/pprof';

/** Exact beyond 2^53, too. */
export function plus(one: Int64, other: Int64): Int64 {
  const sum = Number(one) + Number(other);
  if (Number.isSafeInteger(sum)) return sum;
  const exact = BigInt(one) + BigInt(other);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

interface Nested {
  readonly depth: number;
}

/** The index of the frame on which each lies, of frames depth first; -1 for the first. */
export function parentsOf(frames: readonly Nested[]): Int32Array {
  const parents = new Int32Array(frames.length).fill(-1);
  const path: number[] = [];
  for (const [index, { depth }] of frames.entries()) {
    if (depth > 0) parents[index] = path[depth - 1]!;
    path[depth] = index;
  }
  return parents;
}

/** Self and what lies on each frame. */
export function totalsOf(selfs: readonly Int64[], parents: Int32Array): Int64[] {
  const totals = [...selfs];
  for (let index = totals.length - 1; index > 0; index--) {
    const parent = parents[index]!;
    totals[parent] = plus(totals[parent]!, totals[index]!);
  }
  return totals;
}

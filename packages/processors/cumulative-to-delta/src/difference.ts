import type { Value } from './value.ts';

/** The value can only come from a counter that began anew. */
export const reset = Symbol('reset');
/** The buckets are others, so that nothing can be subtracted. */
export const mismatch = Symbol('mismatch');
export type Difference = Value | typeof reset | typeof mismatch;

interface Summed {
  readonly sum?: number | undefined;
}

/** The difference of sums, only where both have one. */
export function sumOf(value: Summed, last: Summed): Summed {
  if (value.sum === undefined || last.sum === undefined) return {};
  const sum = value.sum - last.sum;
  return Number.isNaN(sum) ? {} : { sum };
}

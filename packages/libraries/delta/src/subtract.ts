import type { Histogram } from '@millrace/core';
import { subtractExact } from '@millrace/core';

/** The value can only come from a counter that began anew. */
export const reset = Symbol('reset');
/** The buckets are others, so that nothing can be subtracted. */
export const mismatch = Symbol('mismatch');

export const subtractNumber = (value: number | bigint, last: number | bigint): number | bigint | typeof reset =>
  value < last ? reset : subtractExact(value, last);

/** Without min and max, which are those of all values since the start. The sum may be NaN, where one of both is not finite. */
export function subtractHistogram(value: Histogram, last: Histogram): Histogram | typeof reset | typeof mismatch {
  if (value.count < last.count) return reset;
  const { boundaries, counts } = value.buckets;
  const before = last.buckets;
  if (counts.length !== before.counts.length || !areSame(boundaries, before.boundaries)) return mismatch;
  if (counts.some((count, index) => count < before.counts[index]!)) return reset;
  return {
    count: subtractExact(value.count, last.count),
    ...sumSince(value, last),
    buckets: { boundaries, counts: counts.map((count, index) => subtractExact(count, before.counts[index]!)) },
  };
}

interface Summed {
  readonly sum?: number | undefined;
}

/** Only where both have one. */
export const sumSince = (value: Summed, last: Summed): Summed =>
  value.sum === undefined || last.sum === undefined ? {} : { sum: value.sum - last.sum };

const areSame = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((boundary, index) => boundary === b[index]));

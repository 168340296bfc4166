import type { ExponentialHistogram, Histogram } from '@millrace/core';

type Count = number | bigint;

export interface Bucket {
  /** The upper bound. The bucket up to +Inf, whose count follows from the histogram's, is left out. */
  readonly bound: number;
  readonly count: Count;
  /** With those of all buckets below. */
  readonly total: Count;
}

/**
 * The buckets of a histogram, with rising bounds. Those of an exponential one end at 2^((i+1)·2^-scale), see
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram.
 */
export function bucketsOf(value: Histogram | ExponentialHistogram): readonly Bucket[] {
  const buckets: Bucket[] = [];
  let pending: Count = 0;
  let total: Count = 0;
  const add = (bound: number, count: Count): void => {
    pending = sum(pending, count);
    total = sum(total, count);
    // What has no bound of its own, as its bound does not rise or is no number, goes to the next.
    if (!Number.isFinite(bound) || bound <= (buckets.at(-1)?.bound ?? -Infinity)) return;
    buckets.push({ bound, count: pending, total });
    pending = 0;
  };
  if ('scale' in value) addExponential(value, add);
  else for (const [index, bound] of value.buckets.boundaries.entries()) add(bound, value.buckets.counts[index] ?? 0);
  return buckets;
}

function addExponential(
  { scale, negative, positive, zeroCount, zeroThreshold = 0 }: ExponentialHistogram,
  add: (bound: number, count: Count) => void,
): void {
  const boundary = (index: number): number => 2 ** (index * 2 ** -scale);
  for (let index = negative.bucketCounts.length - 1; index >= 0; index--)
    add(-boundary(negative.offset + index), negative.bucketCounts[index]!);
  if (Number(zeroCount) > 0 || negative.bucketCounts.length > 0) add(zeroThreshold, zeroCount);
  for (const [index, count] of positive.bucketCounts.entries()) add(boundary(positive.offset + index + 1), count);
}

function sum(a: Count, b: Count): Count {
  if (typeof a === 'number' && typeof b === 'number') {
    const both = a + b;
    if (Number.isSafeInteger(both)) return both;
  }
  return BigInt(a) + BigInt(b);
}

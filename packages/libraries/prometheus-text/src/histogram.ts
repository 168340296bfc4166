import type { ExponentialHistogram, Histogram } from '@millrace/core';
import { addExact } from '@millrace/core';

type Count = number | bigint;

/** Buckets as Prometheus counts them: each holds all values up to its bound, the last all there are. */
export interface Buckets {
  /** Rising; the last, which is +Inf, is left out. */
  readonly bounds: readonly number[];
  /** One more than bounds. */
  readonly counts: readonly Count[];
  readonly sum: number | undefined;
}

export function explicitBuckets({ buckets, count, sum }: Histogram): Buckets {
  const bounds: number[] = [];
  const counts: Count[] = [];
  let total: Count = 0;
  for (const [index, bound] of buckets.boundaries.entries()) {
    total = addExact(total, buckets.counts[index] ?? 0);
    // A bound that does not rise, or is no number, would be a second series of the same name: its values go to the next.
    if (!(bound > (bounds.at(-1) ?? -Infinity)) || bound === Infinity) continue;
    bounds.push(bound);
    counts.push(total);
  }
  if (buckets.counts.length > 0)
    for (const rest of buckets.counts.slice(buckets.boundaries.length)) total = addExact(total, rest);
  else total = count;
  return { bounds, counts: [...counts, total], sum };
}

/**
 * The text formats have no native histograms, so every exponential bucket becomes a classic one of the same upper bound:
 * index i ends at 2^((i+1)·2^-scale), https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram.
 * When an SDK lowers the scale, the bounds that are left are some of those there were.
 */
export function exponentialBuckets(histogram: ExponentialHistogram): Buckets {
  const { scale, positive, negative, zeroCount, zeroThreshold = 0, sum } = histogram;
  const bounds: number[] = [];
  const counts: Count[] = [];
  let total: Count = 0;
  const bucket = (bound: number, count: Count): void => {
    total = addExact(total, count);
    if (!Number.isFinite(bound)) return;
    if (bound === bounds.at(-1)) counts[counts.length - 1] = total;
    else {
      bounds.push(bound);
      counts.push(total);
    }
  };
  // A negative bucket's values lie between -2^((i+1)·2^-scale) and -2^(i·2^-scale): its upper bound is the nearer to 0.
  for (const [index, count] of [...negative.bucketCounts.entries()].reverse())
    bucket(-(2 ** ((negative.offset + index) * 2 ** -scale)), count);
  if (Number(zeroCount) > 0 || bounds.length > 0) bucket(zeroThreshold, zeroCount);
  for (const [index, count] of positive.bucketCounts.entries())
    bucket(2 ** ((positive.offset + index + 1) * 2 ** -scale), count);
  return { bounds, counts: [...counts, total], sum };
}

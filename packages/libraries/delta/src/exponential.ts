import type { ExponentialHistogram } from '@millrace/core';
import { addExact, subtractExact } from '@millrace/core';
import { reset, sumSince } from './subtract.ts';

type Buckets = ExponentialHistogram['positive'];

/**
 * A series that goes on may get coarser (a lower scale, a higher zero threshold), never finer; the last point is made as
 * coarse as the new one before it is subtracted. Bucket i holds the values in (base^i, base^(i+1)], base = 2^(2^-scale):
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram. Without min and max; the sum may be NaN,
 * where one of both is not finite.
 */
export function subtractExponential(
  value: ExponentialHistogram,
  last: ExponentialHistogram,
): ExponentialHistogram | typeof reset {
  const threshold = value.zeroThreshold ?? 0;
  const lastThreshold = last.zeroThreshold ?? 0;
  if (value.count < last.count || value.scale > last.scale || threshold < lastThreshold) return reset;
  const before = threshold > lastThreshold ? widenZero(last, threshold) : last;
  if (value.zeroCount < before.zeroCount) return reset;
  const shift = last.scale - value.scale;
  const positive = subtractBuckets(value.positive, before.positive, shift);
  const negative = subtractBuckets(value.negative, before.negative, shift);
  if (!positive || !negative) return reset;
  return {
    count: subtractExact(value.count, last.count),
    ...sumSince(value, last),
    scale: value.scale,
    zeroCount: subtractExact(value.zeroCount, before.zeroCount),
    ...(value.zeroThreshold === undefined ? {} : { zeroThreshold: value.zeroThreshold }),
    positive,
    negative,
  };
}

/** Undefined where a bucket would fall. */
function subtractBuckets(buckets: Buckets, last: Buckets, shift: number): Buckets | undefined {
  const { offset } = buckets;
  const bucketCounts = [...buckets.bucketCounts];
  for (const [at, count] of last.bucketCounts.entries()) {
    if (count <= 0) continue;
    // Merging 2^shift buckets into one halves indexes so many times, rounding down. (>> would take no shift beyond 31.)
    const index = Math.floor((last.offset + at) / 2 ** shift) - offset;
    const now = bucketCounts[index];
    if (now === undefined || now < count) return undefined;
    bucketCounts[index] = subtractExact(now, count);
  }
  return { offset, bucketCounts };
}

/** With the buckets that lie below the threshold counted as zero. */
function widenZero(last: ExponentialHistogram, threshold: number): ExponentialHistogram {
  let { zeroCount } = last;
  const above = ({ offset, bucketCounts }: Buckets): Buckets => ({
    offset,
    bucketCounts: bucketCounts.map((count, at): number | bigint => {
      if (count <= 0 || upperBound(offset + at, last.scale) > threshold * (1 + rounding)) return count;
      zeroCount = addExact(zeroCount, count);
      return 0;
    }),
  });
  const [positive, negative] = [above(last.positive), above(last.negative)];
  return { ...last, zeroCount, positive, negative };
}

/** Bounds and thresholds are powers that two systems may round otherwise. */
const rounding = 1e-9;

const upperBound = (index: number, scale: number): number => 2 ** ((index + 1) * 2 ** -scale);

import type { ExponentialHistogram } from '@millrace/core';
import { minus } from './numbers.ts';

type Buckets = ExponentialHistogram['positive'];

/**
 * What came to a cumulative exponential histogram since `last`; undefined where it has begun anew, or its zero bucket has
 * another width. Its buckets may have become wider since: each power of two of scale halves the index
 * (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale).
 */
export function subtract(value: ExponentialHistogram, last: ExponentialHistogram): ExponentialHistogram | undefined {
  const shift = last.scale - value.scale;
  if (shift < 0 || (value.zeroThreshold ?? 0) !== (last.zeroThreshold ?? 0)) return undefined;
  const count = minus(value.count, last.count);
  const zeroCount = minus(value.zeroCount, last.zeroCount);
  const positive = subtractBuckets(value.positive, last.positive, shift);
  const negative = subtractBuckets(value.negative, last.negative, shift);
  if (count < 0 || zeroCount < 0 || !positive || !negative) return undefined;
  const sum = value.sum === undefined || last.sum === undefined ? undefined : value.sum - last.sum;
  return { count, sum, scale: value.scale, zeroCount, positive, negative };
}

function subtractBuckets({ offset, bucketCounts }: Buckets, last: Buckets, shift: number): Buckets | undefined {
  const before = new Map<number, number | bigint>();
  for (const [at, count] of last.bucketCounts.entries()) {
    if (Number(count) === 0) continue;
    const index = Math.floor((last.offset + at) / 2 ** shift);
    const known = before.get(index);
    before.set(index, known === undefined ? count : Number(known) + Number(count));
  }
  const counts = bucketCounts.map((count, at) => {
    const known = before.get(offset + at);
    before.delete(offset + at);
    return known === undefined ? Number(count) : minus(count, known);
  });
  // A bucket that is no longer there has fallen to zero.
  return before.size > 0 || counts.some((count) => count < 0) ? undefined : { offset, bucketCounts: counts };
}

import type { DataPoint, Histogram } from '@millrace/core';
import { addExact } from '@millrace/core';

/** The value since the first of a series of deltas, from the value up to now and the next delta. */
export function accumulate(before: DataPoint<unknown>, delta: DataPoint<unknown>): DataPoint<unknown> {
  const value =
    typeof delta.value === 'object'
      ? addHistograms(before.value as Histogram, delta.value as Histogram)
      : addExact(before.value as number | bigint, delta.value as number | bigint);
  return { ...delta, startTime: before.startTime, value, exemplars: delta.exemplars ?? before.exemplars };
}

/** A histogram of other buckets begins anew, which Prometheus takes for a counter's reset. */
function addHistograms(before: Histogram, delta: Histogram): Histogram {
  const { boundaries, counts } = delta.buckets;
  const known = before.buckets;
  const same =
    counts.length === known.counts.length &&
    boundaries.length === known.boundaries.length &&
    boundaries.every((bound, index) => bound === known.boundaries[index]);
  if (!same) return delta;
  return {
    count: addExact(before.count, delta.count),
    sum: before.sum === undefined || delta.sum === undefined ? undefined : before.sum + delta.sum,
    buckets: {
      boundaries: known.boundaries,
      counts: counts.map((count, index) => addExact(known.counts[index]!, count)),
    },
  };
}

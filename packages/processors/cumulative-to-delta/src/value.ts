import type { ExponentialHistogram, Histogram, MetricData } from '@millrace/core';
import { pointType, temporality } from '@millrace/core';
import { type Difference, mismatch, reset, sumOf } from './difference.ts';
import { subtractExponential } from './exponential.ts';
import { isLess, type Integer, minus } from './integer.ts';

export type Value = number | bigint | Histogram | ExponentialHistogram;

type Subtract = (value: Value, last: Value) => Difference;

/** How deltas of the metric are computed; undefined for one that has none: what may fall, and what is a delta already. */
export function subtractionFor(metric: MetricData): Subtract | undefined {
  switch (metric.dataPointType) {
    case pointType.sum:
      return metric.isMonotonic && isCumulative(metric) ? (subtractNumber as Subtract) : undefined;
    case pointType.histogram:
      return isCumulative(metric) ? (subtractHistogram as Subtract) : undefined;
    case pointType.exponentialHistogram:
      return isCumulative(metric) ? (subtractExponential as Subtract) : undefined;
    case pointType.gauge:
    case pointType.summary:
      return undefined;
  }
}

const isCumulative = ({ aggregationTemporality }: { readonly aggregationTemporality: number }): boolean =>
  aggregationTemporality === temporality.cumulative;

export const isFinite = (value: Value): boolean => typeof value !== 'number' || Number.isFinite(value);

const subtractNumber = (value: Integer, last: Integer): Integer | typeof reset =>
  isLess(value, last) ? reset : minus(value, last);

/** Without min and max, which are those of all values since the start. */
function subtractHistogram(value: Histogram, last: Histogram): Histogram | typeof reset | typeof mismatch {
  if (isLess(value.count, last.count)) return reset;
  const { boundaries, counts } = value.buckets;
  const before = last.buckets;
  if (counts.length !== before.counts.length || !areSame(boundaries, before.boundaries)) return mismatch;
  if (counts.some((count, index) => isLess(count, before.counts[index]!))) return reset;
  return {
    count: minus(value.count, last.count),
    ...sumOf(value, last),
    buckets: { boundaries, counts: counts.map((count, index) => minus(count, before.counts[index]!)) },
  };
}

const areSame = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((boundary, index) => boundary === b[index]));

import type { ExponentialHistogram, Histogram, MetricData } from '@millrace/core';
import { pointType, temporality } from '@millrace/core';
import type { mismatch, reset } from '@millrace/delta';
import { subtractExponential, subtractHistogram, subtractNumber } from '@millrace/delta';

export type Value = number | bigint | Histogram | ExponentialHistogram;

export type Subtract = (value: Value, last: Value) => Value | typeof reset | typeof mismatch;

/** How deltas of the metric are computed; undefined for one that has none: what may fall, and what is a delta already. */
export function subtractionFor(metric: MetricData): Subtract | undefined {
  switch (metric.dataPointType) {
    case pointType.sum:
      return metric.isMonotonic && isCumulative(metric) ? (subtractNumber as Subtract) : undefined;
    case pointType.histogram:
      return isCumulative(metric) ? finiteSum(subtractHistogram as Subtract) : undefined;
    case pointType.exponentialHistogram:
      return isCumulative(metric) ? finiteSum(subtractExponential as Subtract) : undefined;
    case pointType.gauge:
    case pointType.summary:
      return undefined;
  }
}

const isCumulative = ({ aggregationTemporality }: { readonly aggregationTemporality: number }): boolean =>
  aggregationTemporality === temporality.cumulative;

export const isFinite = (value: Value): boolean => typeof value !== 'number' || Number.isFinite(value);

/** Without a sum that is no number. */
const finiteSum =
  (subtract: Subtract): Subtract =>
  (value, last) => {
    const delta = subtract(value, last);
    return typeof delta === 'object' && Number.isNaN(delta.sum) ? { ...delta, sum: undefined } : delta;
  };

import { narrowMetrics } from '@millrace/attribute-actions/match';
import type { DataPoint, HrTime, MetricData, MetricsBatch, NumberPoint, SumMetric } from '@millrace/core';
import { defineProcessor, dropCounter, isEnded, metricsBatch, pointType, temporality, valueType } from '@millrace/core';

export default defineProcessor({
  type: 'delta_to_rate',
  aliases: ['deltatorate'],
  description: 'Turns delta counters into rates per second.',
  signals: ['metrics'],
  parallel: true,
  config: {
    properties: {
      metrics: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', minLength: 1, description: 'Name of a metric.' },
        description: 'The metrics that are converted, where they are sums of deltas.',
      },
    },
    required: ['metrics'],
  },
  create({ metrics: names }, context, next) {
    const isNamed = new Set(names);
    const told = new Set<string>();
    const countDropped = dropCounter(context);

    function isConvertible(metric: MetricData): metric is SumMetric {
      const { name } = metric.descriptor;
      if (!isNamed.has(name)) return false;
      if (metric.dataPointType === pointType.sum && metric.aggregationTemporality === temporality.delta) return true;
      if (!told.has(name)) {
        told.add(name);
        context.log.warn({ metric: name }, 'Left a metric as it is: it is no sum of deltas, so it has no rate.');
      }
      return false;
    }

    return {
      async consume(batch, signal) {
        if (batch.signal !== 'metrics') return next.consume(batch, signal);
        const dropped = new Map<string, number>();
        const converted = convert(batch, isConvertible, (reason) =>
          dropped.set(reason, (dropped.get(reason) ?? 0) + 1),
        );
        if (converted) await next.consume(converted, signal);
        // Counted last: a batch that was refused comes again.
        for (const [reason, points] of dropped) countDropped(points, reason);
      },
    };
  },
});

/** The batch itself if nothing in it is convertible; undefined if nothing is left of it. */
function convert(
  batch: MetricsBatch,
  isConvertible: (metric: MetricData) => metric is SumMetric,
  drop: (reason: 'no_interval' | 'not_finite') => void,
): MetricsBatch | undefined {
  const resourceMetrics = narrowMetrics(batch.resourceMetrics, (metric) => {
    if (!isConvertible(metric)) return metric;
    const dataPoints = metric.dataPoints.flatMap((point) => {
      const rate = rateOf(point);
      if (typeof rate !== 'string') return [rate];
      drop(rate);
      return [];
    });
    return dataPoints.length > 0 ? gauge(metric, dataPoints) : undefined;
  });
  if (resourceMetrics === batch.resourceMetrics) return batch;
  return resourceMetrics.length > 0 ? metricsBatch(resourceMetrics, batch.metadata) : undefined;
}

function rateOf(point: NumberPoint): DataPoint<number> | 'no_interval' | 'not_finite' {
  if (isEnded(point) || point.value === undefined) return { ...point, value: undefined };
  const seconds = secondsBetween(point.startTime, point.endTime);
  // A start time of 0 is none: the interval is not known.
  if (!(seconds > 0) || (point.startTime[0] === 0 && point.startTime[1] === 0)) return 'no_interval';
  const value = Number(point.value) / seconds;
  return Number.isFinite(value) ? { ...point, value } : 'not_finite';
}

// Whole nanoseconds first: they are exact.
const secondsBetween = (start: HrTime, end: HrTime): number => ((end[0] - start[0]) * 1e9 + (end[1] - start[1])) / 1e9;

const gauge = ({ descriptor }: SumMetric, dataPoints: readonly DataPoint<number>[]): MetricData => ({
  descriptor: { ...descriptor, unit: unitPerSecond(descriptor.unit), valueType: valueType.double },
  dataPointType: pointType.gauge,
  dataPoints,
});

/** In UCUM. Seconds per second have none; what is not known stays so. */
function unitPerSecond(unit: string): string {
  if (unit === '') return '';
  return unit === 's' ? '1' : `${unit}/s`;
}

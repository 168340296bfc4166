import type { Attributes, HrTime, LogRecord, LogsBatch, MetricsBatch, NumberPoint } from '@millrace/core';
import { hrTime, logsBatch, metricsBatch, pointType, temporality, valueType } from '@millrace/core';

const resource = { attributes: { 'service.name': 'shop', 'host.name': 'web-1' } };
const scope = { name: 'test' };

export interface Numbers {
  readonly points: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** When the counters began; a minute before unless said. */
  readonly start?: number;
  readonly value?: (index: number) => number;
  readonly attributes?: (index: number) => Attributes;
}

const numberPoints = ({ points, time, start = time - 60_000, value = (index) => index, attributes }: Numbers): NumberPoint[] => {
  const endTime: HrTime = hrTime(time);
  return Array.from({ length: points }, (_, index) => ({
    startTime: hrTime(start),
    endTime,
    attributes: attributes?.(index) ?? { queue: `q${index}` },
    value: value(index),
  }));
};

const descriptor = (name: string, unit: string) => ({ name, description: '', unit, valueType: valueType.double });

/** A gauge, `queue.size`, with so many series. */
export const gauges = (numbers: Numbers): MetricsBatch =>
  metricsBatch([
    {
      resource,
      scopeMetrics: [
        {
          scope,
          metrics: [
            {
              descriptor: descriptor('queue.size', '{item}'),
              dataPointType: pointType.gauge,
              dataPoints: numberPoints(numbers),
            },
          ],
        },
      ],
    },
  ]);

/** A delta histogram, a cumulative counter and a gauge with so many series each. */
export const mixed = (numbers: Numbers): MetricsBatch =>
  metricsBatch([
    {
      resource,
      scopeMetrics: [
        {
          scope,
          metrics: [
            ...gauges(numbers).resourceMetrics[0]!.scopeMetrics[0]!.metrics,
            {
              descriptor: descriptor('requests', '{request}'),
              dataPointType: pointType.sum,
              aggregationTemporality: temporality.cumulative,
              isMonotonic: true,
              dataPoints: numberPoints(numbers),
            },
            {
              descriptor: descriptor('latency', 's'),
              dataPointType: pointType.histogram,
              aggregationTemporality: temporality.delta,
              dataPoints: numberPoints(numbers).map((point, index) => ({
                ...point,
                value: {
                  count: 3,
                  sum: 6 + index,
                  min: 1,
                  max: 3,
                  buckets: { boundaries: [1, 2, 5], counts: [1, 1, 1, 0] },
                },
              })),
            },
          ],
        },
      ],
    },
  ]);

export const record = (body: string, more: Partial<LogRecord> = {}): LogRecord => ({
  observedTime: [1_784_500_000, 0],
  attributes: {},
  body,
  ...more,
});

export const logs = (records: readonly LogRecord[], attributes: Attributes = resource.attributes): LogsBatch =>
  logsBatch([{ resource: { attributes }, scopeLogs: [{ scope, logRecords: records }] }]);

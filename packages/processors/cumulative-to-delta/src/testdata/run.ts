import type {
  Attributes,
  DataPoint,
  ExponentialHistogram,
  Histogram,
  HrTime,
  InputOf,
  MetricData,
  MetricsBatch,
} from '@millrace/core';
import {
  hrTime,
  isEnded,
  metricsBatch,
  noRecordedValue,
  pointType,
  resolveConfig,
  temporality,
  valueType,
} from '@millrace/core';
import { manualClock, sink, testContext } from '@millrace/core/testing';
import cumulativeToDelta from '../index.ts';

export type Input = InputOf<typeof cumulativeToDelta.config>;
export type Value = number | bigint | Histogram | ExponentialHistogram;

/** Seconds after the processor began; 0 is no start time at all. */
const began = Date.UTC(2026, 0, 1);
export const at = (seconds: number): HrTime => (seconds === 0 ? [0, 0] : hrTime(began + seconds * 1000));
const secondsOf = ([seconds, nanos]: HrTime): number => (seconds === 0 ? 0 : seconds + nanos / 1e9 - began / 1000);

export type Written = readonly [start: number, end: number, value: Value | undefined, attributes?: Attributes];

const pointOf = ([start, end, value, attributes = {}]: Written): DataPoint<never> => ({
  startTime: at(start),
  endTime: at(end),
  attributes,
  value: value as never,
  ...(value === undefined ? { flags: noRecordedValue } : {}),
});

const cumulative = { aggregationTemporality: temporality.cumulative } as const;
export const descriptor = { name: 'requests', description: '', unit: '{request}', valueType: valueType.int };
export const sum = { descriptor, dataPointType: pointType.sum, isMonotonic: true, ...cumulative } as const;
export const histogram = { descriptor, dataPointType: pointType.histogram, ...cumulative } as const;
export const exponential = { descriptor, dataPointType: pointType.exponentialHistogram, ...cumulative } as const;
export type Kind = Partial<MetricData>;

export const batchOf = (
  points: readonly Written[],
  metric: Kind = sum,
  resource: Attributes = { host: 'a' },
): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: resource },
      scopeMetrics: [
        { scope: { name: 'test' }, metrics: [{ ...metric, dataPoints: points.map(pointOf) } as MetricData] },
      ],
    },
  ]);

export function start(input: Input = {}) {
  const clock = manualClock(began);
  const next = sink();
  const context = testContext({ clock });
  const config = resolveConfig(cumulativeToDelta.config, input);
  const processor = cumulativeToDelta.create(config, context, next);
  return {
    clock,
    next,
    dropped: context.dropped,
    consume: (batch: MetricsBatch) => processor.consume(batch),
    metrics: (): MetricData[] =>
      (next.batches as MetricsBatch[]).flatMap(({ resourceMetrics }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => [...metrics])),
      ),
    points(): Written[] {
      return this.metrics().flatMap(({ dataPoints }) =>
        (dataPoints as readonly DataPoint<Value>[]).map(
          (point): Written => [
            secondsOf(point.startTime),
            secondsOf(point.endTime),
            isEnded(point) ? undefined : point.value,
          ],
        ),
      );
    },
  };
}

/** Each point in a batch of its own. */
export async function converted(
  points: readonly Written[],
  metric: Kind = sum,
  input: Input = { initial_value: 'keep' },
) {
  const run = start(input);
  for (const point of points) await run.consume(batchOf([point], metric));
  return { points: run.points(), dropped: run.dropped };
}

import {
  type Attributes,
  type DataPoint,
  type HrTime,
  hrTime,
  type InputOf,
  type MetricData,
  type MetricsBatch,
  metricsBatch,
  noRecordedValue,
  pointType,
  resolveConfig,
  type Scope,
  temporality,
  valueType,
} from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { mapKeys } from '../config.ts';
import { createMapper } from '../mapper.ts';
import type { Mapped } from '../series.ts';

const schema = { properties: mapKeys } as const;
export type Input = InputOf<typeof schema>;

/** When the mapper began. Times of tests are seconds after it; 0 is no start time at all. */
export const began = Date.UTC(2026, 0, 1);
export const at = (seconds: number): HrTime => (seconds === 0 ? [0, 0] : hrTime(began + seconds * 1000));

export type Written = readonly [start: number, end: number, value: unknown, attributes?: Attributes];

const pointOf = ([start, end, value, attributes = {}]: Written): DataPoint<never> => ({
  startTime: at(start),
  endTime: at(end),
  attributes,
  value: value as never,
  ...(value === undefined ? { flags: noRecordedValue } : {}),
});

const descriptor = { name: 'm', description: '', unit: 'By', valueType: valueType.double };
const { cumulative, delta } = temporality;

export const kinds = {
  gauge: { descriptor, dataPointType: pointType.gauge },
  counter: { descriptor, dataPointType: pointType.sum, isMonotonic: true, aggregationTemporality: cumulative },
  upDownCounter: { descriptor, dataPointType: pointType.sum, isMonotonic: false, aggregationTemporality: cumulative },
  deltaSum: { descriptor, dataPointType: pointType.sum, isMonotonic: true, aggregationTemporality: delta },
  histogram: { descriptor, dataPointType: pointType.histogram, aggregationTemporality: cumulative },
  deltaHistogram: { descriptor, dataPointType: pointType.histogram, aggregationTemporality: delta },
  exponential: { descriptor, dataPointType: pointType.exponentialHistogram, aggregationTemporality: cumulative },
  deltaExponential: { descriptor, dataPointType: pointType.exponentialHistogram, aggregationTemporality: delta },
  summary: { descriptor, dataPointType: pointType.summary },
} as const;
export type Kind = keyof typeof kinds;

export const metricOf = (kind: Kind, points: readonly Written[], name = 'm'): MetricData =>
  ({ ...kinds[kind], descriptor: { ...descriptor, name }, dataPoints: points.map(pointOf) }) as unknown as MetricData;

export interface From {
  readonly resource?: Attributes;
  readonly scope?: Scope;
}

export const batchOf = (metrics: readonly MetricData[], { resource = {}, scope = { name: 'test' } }: From = {}) =>
  metricsBatch([{ resource: { attributes: resource }, scopeMetrics: [{ scope, metrics }] }]);

/** A mapper with a host, without the tags of scopes unless they are asked for, and what it has dropped by reason. */
export function start(input: Input = {}) {
  const clock = manualClock(began);
  const context = testContext({ clock });
  const metrics = { instrumentation_scope_metadata_as_tags: false, ...input.metrics };
  const config = resolveConfig(schema, { hostname: 'here', ...input, metrics });
  return { mapper: createMapper(config, context), clock, dropped: context.dropped, lines: context.lines };
}

/** Each point in a batch of its own; the series that come of it, as text, and what was dropped. */
export function mapEach(kind: Kind, points: readonly Written[], input?: Input) {
  const { mapper, dropped } = start(input);
  const mapped = points.map((point) => mapper.map(batchOf([metricOf(kind, [point])])));
  return { lines: mapped.flatMap(linesOf), sketches: mapped.flatMap(({ sketches }) => sketches), dropped };
}

export const mapOne = (batch: MetricsBatch, input?: Input): Mapped => start(input).mapper.map(batch);

/** A line for each point: seconds after the beginning, type, name, tags, value, unit, interval. */
export const linesOf = ({ series, sketches }: Mapped): string[] => [
  ...series.flatMap(({ metric, type, tags, points, unit, interval, host }) =>
    points.map(({ timestamp, value }) =>
      [
        `${timestamp - began / 1000}s`,
        type,
        `${metric}{${tags.join()}}`,
        value,
        unit,
        interval && `per ${interval}s`,
        host === 'here' ? undefined : `@${host}`,
      ]
        .filter((part) => part !== undefined)
        .join(' '),
    ),
  ),
  ...sketches.flatMap(({ metric, tags, points, unit }) =>
    points.map(({ timestamp, sketch: { count, min, max, sum, average, keys, counts } }) =>
      [
        `${timestamp - began / 1000}s`,
        'sketch',
        `${metric}{${tags.join()}}`,
        `n=${count} min=${short(min)} max=${short(max)} sum=${short(sum)} average=${short(average)}`,
        keys.map((key, index) => `${key}:${counts[index]}`).join(),
        ...(unit ? [unit] : []),
      ].join(' '),
    ),
  ),
];

const short = (value: number): string => String(Number(value.toPrecision(6)));

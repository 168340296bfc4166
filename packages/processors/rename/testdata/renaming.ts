import type { Attributes, InputOf, MetricData, MetricsBatch, NumberPoint, ResourceMetrics } from '@millrace/core';
import { metricsBatch, pointType, resolveConfig, temporality, valueType } from '@millrace/core';
import { render, sink, testContext } from '@millrace/core/testing';
import rename from '../src/index.ts';

export type Input = InputOf<typeof rename.config>;
export type Value = number | bigint;
export type Kind = 'gauge' | 'counter' | 'up_down_counter';

export const points = (values: readonly (readonly [Attributes, Value])[]): NumberPoint[] =>
  values.map(([attributes, value]) => ({ startTime: [10, 0], endTime: [20, 0], attributes, value }));

export function metric(
  name: string,
  kind: Kind,
  unit: string,
  ...values: (readonly [Attributes, Value])[]
): MetricData {
  const type = values.every(([, value]) => Number.isInteger(Number(value))) ? valueType.int : valueType.double;
  const descriptor = { name, description: `About ${name}.`, unit, valueType: type };
  const dataPoints = points(values);
  if (kind === 'gauge') return { descriptor, dataPointType: pointType.gauge, dataPoints };
  return {
    descriptor,
    dataPointType: pointType.sum,
    aggregationTemporality: temporality.cumulative,
    isMonotonic: kind === 'counter',
    dataPoints,
  };
}

export const entity = (attributes: Attributes, ...metrics: MetricData[]): ResourceMetrics => ({
  resource: { attributes },
  scopeMetrics: [{ scope: { name: 'test' }, metrics }],
});

export const metricsOf = (batch: MetricsBatch): readonly MetricData[] =>
  batch.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));

export function start(input: Input) {
  const next = sink();
  const context = testContext();
  const processor = rename.create(resolveConfig(rename.config, input), context, next);
  return {
    dropped: context.dropped,
    next,
    processor,
    lines: context.lines,
    async map(...resourceMetrics: ResourceMetrics[]): Promise<MetricsBatch> {
      await processor.consume(metricsBatch(resourceMetrics));
      return next.batches.at(-1) as MetricsBatch;
    },
  };
}

export const mapOne = async (input: Input, ...metrics: MetricData[]): Promise<string[]> =>
  render(await start(input).map(entity({}, ...metrics)))
    .trim()
    .split('\n');

export const io = metric(
  'process.disk.io',
  'counter',
  'By',
  [{ 'disk.io.direction': 'read' }, 5],
  [{ 'disk.io.direction': 'write' }, 7],
);
export const usage = metric('process.memory.usage', 'up_down_counter', 'By', [{}, 100]);
export const pss = metric('process.memory.pss', 'up_down_counter', 'By', [{}, 60]);
export const cpu = metric(
  'process.cpu.time',
  'counter',
  's',
  [{ 'cpu.mode': 'user' }, 1.5],
  [{ 'cpu.mode': 'system' }, 0.25],
);

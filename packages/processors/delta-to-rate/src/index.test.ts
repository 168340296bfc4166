import { readFileSync } from 'node:fs';
import type { HrTime, InputOf, MetricData, MetricsBatch, NumberPoint } from '@millrace/core';
import {
  logsBatch,
  metricsBatch,
  noRecordedValue,
  pointType,
  resolveConfig,
  temporality,
  valueType,
} from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import deltaToRate from './index.ts';

type Input = InputOf<typeof deltaToRate.config>;

const descriptor = { name: 'io', description: 'Bytes.', unit: 'By', valueType: valueType.int };
const delta = {
  descriptor,
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.delta,
  isMonotonic: true,
} as const;

type Written = readonly [start: HrTime, end: HrTime, value: NumberPoint['value']];

const batchOf = (points: readonly Written[], metric: Partial<MetricData> = delta): MetricsBatch =>
  metricsBatch(
    [
      {
        resource: { attributes: {} },
        scopeMetrics: [
          {
            scope: { name: 'test' },
            metrics: [
              {
                ...metric,
                dataPoints: points.map(([startTime, endTime, value]) => ({
                  startTime,
                  endTime,
                  attributes: {},
                  value,
                  ...(value === undefined ? { flags: noRecordedValue } : {}),
                })),
              } as MetricData,
            ],
          },
        ],
      },
    ],
    { tenant: ['a'] },
  );

function start(input: Input = { metrics: ['io'] }) {
  const next = sink();
  const context = testContext();
  const processor = deltaToRate.create(resolveConfig(deltaToRate.config, input), context, next);
  return { next, dropped: context.dropped, lines: context.lines, processor };
}

const metricIn = (batch: unknown): MetricData =>
  (batch as MetricsBatch).resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!;

it.each<[string, Written, number | undefined]>([
  ['over its own interval', [[10, 0], [20, 0], 50], 5],
  ['of a double', [[10, 0], [12, 500_000_000], 5.5], 2.2],
  ['of a large integer', [[10, 0], [12, 0], 2n ** 62n], 2 ** 61],
  ['over a part of a second', [[10, 999_999_000], [11, 0], 1], 1e6],
  ['that fell', [[10, 0], [20, 0], -50], -5],
  ['of nothing', [[10, 0], [20, 0], 0], 0],
  ['of a series that ended', [[10, 0], [20, 0], undefined], undefined],
  ['of a series that ended at once', [[20, 0], [20, 0], undefined], undefined],
])('the rate %s', async (_name, point, want) => {
  const { next, processor, dropped } = start();
  await processor.consume(batchOf([point]));
  const { dataPoints, ...metric } = metricIn(next.batches[0]);
  expect(metric).toEqual({
    descriptor: { ...descriptor, unit: 'By/s', valueType: valueType.double },
    dataPointType: pointType.gauge,
  });
  expect(dataPoints).toEqual([{ ...metricIn(batchOf([point])).dataPoints[0], value: want }]);
  expect(next.batches[0]!.metadata).toEqual({ tenant: ['a'] });
  expect(dropped).toEqual({});
});

it.each<[string, Written, string]>([
  ['no interval', [[10, 0], [10, 0], 50], 'no_interval'],
  ['an interval that ends before it starts', [[10, 1], [10, 0], 50], 'no_interval'],
  ['no start time', [[0, 0], [10, 0], 50], 'no_interval'],
  ['a value that is no number', [[10, 0], [20, 0], Number.NaN], 'not_finite'],
  ['a rate beyond all numbers', [[10, 0], [10, 1], 1e300], 'not_finite'],
])('drops what has %s, and counts it', async (_name, point, reason) => {
  const { next, processor, dropped } = start();
  await processor.consume(batchOf([point]));
  expect(next.batches).toEqual([]);
  await processor.consume(batchOf([[[10, 0], [20, 0], 5], point]));
  expect(metricIn(next.batches[0]).dataPoints).toHaveLength(1);
  expect(dropped).toEqual({ [reason]: 2 });
});

it('counts what it dropped once, however often next refuses the rest', async () => {
  const { next, processor, dropped } = start();
  const batch = batchOf([
    [[10, 0], [20, 0], 5],
    [[10, 0], [10, 0], 5],
  ]);
  next.failures.push(new Error('later'));
  await expect(processor.consume(batch)).rejects.toThrow('later');
  await processor.consume(batch);
  expect(dropped).toEqual({ no_interval: 1 });
});

it.each([
  ['By', 'By/s'],
  ['{request}', '{request}/s'],
  ['1', '1/s'],
  ['s', '1'],
  ['', ''],
])('the unit of %s is %s', async (unit, want) => {
  const { next, processor } = start();
  await processor.consume(batchOf([[[10, 0], [20, 0], 5]], { ...delta, descriptor: { ...descriptor, unit } }));
  expect(metricIn(next.batches[0]).descriptor.unit).toBe(want);
});

describe('leaves alone', () => {
  it.each<[string, Partial<MetricData>, number]>([
    ['a metric that is not named', { ...delta, descriptor: { ...descriptor, name: 'other' } }, 0],
    ['a cumulative sum, and says so once', { ...delta, aggregationTemporality: temporality.cumulative }, 1],
    ['a gauge, and says so once', { descriptor, dataPointType: pointType.gauge }, 1],
  ])('%s', async (_name, metric, told) => {
    const { next, processor, lines } = start();
    const batch = batchOf([[[10, 0], [20, 0], 5]], metric);
    await processor.consume(batch);
    await processor.consume(batch);
    expect(next.batches).toEqual([batch, batch]);
    expect(next.batches[0]).toBe(batch);
    expect(lines).toHaveLength(told);
  });

  it('logs', async () => {
    const { next, processor } = start();
    const logs = logsBatch([]);
    await processor.consume(logs);
    expect(next.batches).toEqual([logs]);
  });
});

it('the example is a valid config', () => {
  const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
    processors: { delta_to_rate: Input };
  };
  expect(resolveConfig(deltaToRate.config, example.processors.delta_to_rate).metrics.length).toBeGreaterThan(0);
});

import type { MetricData, MetricsBatch, NumberPoint } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import type { Column, Row } from '@millrace/sql';
import { expect, it } from 'vitest';
import { config } from './config.ts';
import { createRowReader } from './rows.ts';

const columns = (...names: string[]): Column[] => names.map((name) => ({ name, kind: 'any' }));
const reader = (metric: object, query: object = {}) =>
  createRowReader(
    resolveConfig(config, { queries: [{ sql: 'x', metrics: [metric], ...query }] } as never).queries![0]!,
    { db: 'x' },
  );
const metricsOf = (batch: MetricsBatch | undefined): MetricData[] =>
  batch?.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)) ?? [];
const values = (batch: MetricsBatch | undefined) =>
  metricsOf(batch).flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value));

function run(own: ReturnType<typeof reader>, rows: Row[], { names = ['k', 'v'], second = 0 } = {}) {
  const begun = own.begin(columns(...names), [second, 0]);
  begun.points(rows);
  return { batch: begun.end(), ...begun };
}

it('starts a counter that has fallen anew, and no other', () => {
  const own = reader({
    metric_name: 'm',
    value_column: 'v',
    attribute_columns: ['k'],
    data_type: 'sum',
    monotonic: true,
  });
  const starts = [5, 9, 9, 2, 3].map((value, second) => {
    const { batch } = run(own, [['a', value]], { second });
    return (metricsOf(batch)[0]!.dataPoints[0] as NumberPoint).startTime[0];
  });
  expect(starts).toEqual([0, 0, 0, 2, 2]);
});

it('starts a delta where the run before was', () => {
  const own = reader({ metric_name: 'm', value_column: 'v', data_type: 'sum', aggregation: 'delta' });
  const points = [10, 20, 30].map(
    (second) => metricsOf(run(own, [['a', 1]], { second }).batch)[0]!.dataPoints[0] as NumberPoint,
  );
  expect(points.map(({ startTime, endTime }) => [startTime[0], endTime[0]])).toEqual([
    [10, 10],
    [10, 20],
    [20, 30],
  ]);
});

it('takes times from columns', () => {
  const own = reader({ metric_name: 'm', value_column: 'v', ts_column: 't', start_ts_column: 's' });
  const rows = [
    [1, '2026-01-31T12:00:00.5Z', 1_000_000_001],
    [2, '2026-01-31T12:00:01Z', null],
  ];
  const { batch, losses } = run(own, rows, { names: ['v', 't', 's'], second: 7 });
  expect(metricsOf(batch)[0]!.dataPoints).toMatchObject([
    { value: 1, endTime: [1769860800, 500000000], startTime: [1, 1] },
    { value: 2, endTime: [1769860801, 0], startTime: [7, 0] },
  ]);
  expect(losses.duplicates).toBe(0);
});

it('counts NULLs, values of the wrong type and rows of the same series, and tells the first', () => {
  const own = reader({ metric_name: 'm', value_column: 'v', attribute_columns: ['k'] });
  const { batch, losses } = run(own, [
    ['a', 1],
    ['a', 2],
    ['b', null],
    ['c', 'x'],
    ['d', 1.5],
  ]);
  expect(values(batch)).toEqual([1]);
  expect(losses).toEqual({ nulls: 1, duplicates: 1, wrong: 2, firstWrong: 'column v, row 4: "x" is no number' });
  const strict = run(reader({ metric_name: 'm', value_column: 'v', null: 'error' }), [['a', null]]);
  expect(strict.losses).toMatchObject({ wrong: 1, firstWrong: 'column v, row 1: it is NULL' });
});

it('says which columns there are where one is missing, and goes on with other metrics', () => {
  const own = reader(
    { metric_name: 'm', value_column: 'nope' },
    {
      metrics: [
        { metric_name: 'm', value_column: 'nope' },
        { metric_name: 'n', value_column: 'v' },
      ],
    },
  );
  const { batch, errors } = run(own, [['a', 1]]);
  expect(errors.map(({ message }) => message)).toEqual(['it gives no column nope: there are k, v']);
  expect(values(batch)).toEqual([1]);
});

it('ends series that are gone, and all of them where the columns are others', () => {
  const own = reader({ metric_name: 'm', value_column: 'v', attribute_columns: ['k'] });
  run(own, [
    ['a', 1],
    ['b', 1],
    [null, 3],
  ]);
  const { batch } = run(own, [['a', 1]]);
  expect(metricsOf(batch)[0]!.dataPoints).toMatchObject([
    { value: 1 },
    { flags: 1, attributes: { k: 'b' } },
    { flags: 1, attributes: {} },
  ]);
  const other = run(own, [['z', 'a', 1]], { names: ['x', 'k', 'v'] });
  expect(metricsOf(other.batch).map(({ dataPoints }) => dataPoints)).toMatchObject([[{ flags: 1 }], [{ value: 1 }]]);
  expect(metricsOf(run(own, [], { names: ['x', 'k', 'v'] }).batch)[0]!.dataPoints).toMatchObject([{ flags: 1 }]);
});

it.each([
  ['each bucket alone', false, [2, 3, 4], [2, 3, 4]],
  ['cumulative buckets', true, [2, 5, 9], [2, 3, 4]],
])('makes a histogram of %s', (_name, cumulative_buckets, row, counts) => {
  const own = reader({
    metric_name: 'h',
    data_type: 'histogram',
    histogram: { buckets: { inf: '+Inf', a: 0.1, b: 1 }, cumulative_buckets, sum_column: 's' },
  });
  const { batch } = run(
    own,
    [
      [...row, 12.5],
      [null, null, null, 0],
    ],
    { names: ['a', 'b', 'inf', 's'] },
  );
  expect(metricsOf(batch)).toMatchObject([
    {
      dataPointType: 0,
      aggregationTemporality: 1,
      dataPoints: [{ value: { count: 9, sum: 12.5, buckets: { boundaries: [0.1, 1], counts } } }],
    },
  ]);
});

it('hands on points in batches of bounded size', () => {
  const own = reader({ metric_name: 'm', value_column: 'v', attribute_columns: ['k'] });
  const begun = own.begin(columns('k', 'v'), [0, 0]);
  const rows = Array.from({ length: 4000 }, (_, index): Row => [`${index}`, index]);
  const sizes = [0, 1, 2, 3].map(
    (part) => values(begun.points(rows.map(([key, value]) => [`${part}-${String(key)}`, value!]))).length,
  );
  expect([...sizes, values(begun.end()).length]).toEqual([0, 0, 12000, 0, 4000]);
});

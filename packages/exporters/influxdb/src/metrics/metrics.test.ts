import type { InputOf, MetricData, ResourceMetrics } from '@millrace/core';
import { metricsBatch, pointType, resolveConfig } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { batch, metric, second } from '../../testdata/batches.ts';
import { encoder } from '../encode.ts';
import influxdb from '../index.ts';

type Input = Partial<InputOf<typeof influxdb.config>>;

function written(resourceMetrics: readonly ResourceMetrics[], input: Input = {}) {
  const drops: Record<string, number> = {};
  const config = resolveConfig(influxdb.config, { endpoint: 'http://x', bucket: 'b', ...input });
  const drop = (items: number, reason: string): void => void (drops[reason] = (drops[reason] ?? 0) + items);
  const parts = encoder(config, { drop, now: () => 0 })(metricsBatch(resourceMetrics));
  const text = parts.map(({ bytes }) => Buffer.from(bytes).toString()).join('');
  return { text, drops, parts };
}

const histogram = {
  count: 6,
  sum: 10.5,
  min: 0.1,
  max: 7,
  buckets: { boundaries: [1e-7, 1, 5], counts: [1, 2, 0, 3] },
};
const exponential = {
  count: 8n,
  scale: 0,
  zeroCount: 2,
  positive: { offset: 0, bucketCounts: [1, 2] },
  negative: { offset: 1, bucketCounts: [3] },
};
const summary = {
  count: 5,
  sum: 7,
  quantiles: [
    { quantile: 0.5, value: 1 },
    { quantile: 0.99, value: NaN },
  ],
};

const everything: readonly MetricData[] = [
  metric(
    'temperature',
    [
      [21.5, { room: 'attic', floor: 3 }],
      [-0, { room: '' }],
    ],
    { unit: 'Cel' },
  ),
  metric('requests', [7n, [2 ** 40, { code: '200' }]], { type: pointType.sum, int: true, unit: '{request}' }),
  metric('queue', [3], { type: pointType.sum, int: true, monotonic: false }),
  metric('latency', [histogram], { type: pointType.histogram, unit: 's' }),
  metric('size', [exponential], { type: pointType.exponentialHistogram, unit: 'By' }),
  metric('rpc', [summary], { type: pointType.summary, unit: 's' }),
  metric('since', [12], { type: pointType.sum, int: true, delta: true }),
  metric('nothing', [NaN, -Infinity]),
];
const host = { resource: { 'host.name': 'web 1', region: 'eu' }, scope: { name: 'shop', version: '1.2' } };
const measured = batch(everything, host).resourceMetrics;

describe.each([
  ['telegraf-prometheus-v1', { delta_temporality: 1, value_not_allowed: 2 }],
  ['telegraf-prometheus-v2', { delta_temporality: 1, value_not_allowed: 2 }],
  ['otel-v1', { value_not_allowed: 2 }],
  ['single-measurement', { value_not_allowed: 2 }],
] as const)('%s', (metrics_schema, wanted) => {
  test('writes every type', async () => {
    const { text, drops } = written(measured, { metrics_schema });
    await expect(text).toMatchFileSnapshot(`../../testdata/${metrics_schema}.txt`);
    expect(drops).toEqual(wanted);
  });
});

test('otel-v1 has unsigned counts, but InfluxDB 1 has no unsigned integers', () => {
  const v1_compatibility = { enabled: true, db: 'd' };
  const { text } = written(measured, { metrics_schema: 'otel-v1', bucket: '', v1_compatibility });
  expect(text).toContain('count=6i');
  expect(text).not.toMatch(/=\d+u\b/);
});

test('tags: the nearer stands before the farther, sorted, and what has no value is left out', () => {
  const metrics = [metric('m', [[1, { shared: 'point', empty: '', none: null, B: true, list: [1, 'a', 2n ** 60n] }]])];
  const resource = { shared: 'resource', z: 'last', a: 1.5, '': 'no name' };
  const scope = { name: 's', attributes: { shared: 'scope', scoped: new Uint8Array([1, 2]) } };
  expect(written(batch(metrics, { resource, scope }).resourceMetrics).text).toBe(
    `m,B=true,a=1.5,list=[1\\,"a"\\,1152921504606846976],otel.library.name=s,scoped=AQI\\=,shared=point,z=last gauge=1 ${second}123456789\n`,
  );
});

describe('single-measurement', () => {
  const single: Input = { metrics_schema: 'single-measurement', measurement: 'm', precision: 's' };

  test('points with the same attributes and time make one line, across scopes and objects', () => {
    const [{ resource, scopeMetrics }] = batch([metric('a', [1, [2, { cpu: '0' }]])]).resourceMetrics as [
      ResourceMetrics,
    ];
    const other = batch([metric('b', [[3, { cpu: '0' }], 4n])]).resourceMetrics[0]!.scopeMetrics;
    expect(written([{ resource, scopeMetrics: [...scopeMetrics, ...other] }], single).text).toBe(
      `m a=1,b=4i ${second}\nm,cpu=0 a=2,b=3 ${second}\n`,
    );
  });

  test('a value that cannot be written costs only itself, and booleans are booleans', () => {
    const metrics = [metric('a', [NaN]), metric('on', [1]), metric('off', [0n]), metric('odd', [NaN])];
    const { text, drops } = written(batch(metrics).resourceMetrics, {
      ...single,
      boolean_fields: ['on', 'off', 'odd'],
    });
    expect(text).toBe(`m on=t,off=f ${second}\n`);
    expect(drops).toEqual({ value_not_allowed: 2 });
  });
});

test('times: none, too far, before 1970, and what is finer is cut off', () => {
  const [one] = batch([metric('m', [1])]).resourceMetrics as [ResourceMetrics];
  const at = (seconds: number, nanos: number): ResourceMetrics => {
    const [found] = one.scopeMetrics[0]!.metrics;
    const dataPoints = found!.dataPoints.map((point) => ({ ...point, endTime: [seconds, nanos] }));
    return { ...one, scopeMetrics: [{ scope: { name: '' }, metrics: [{ ...found, dataPoints } as never] }] };
  };
  const times = [at(0, 0), at(0, 5_999), at(-1, 999_999_000), at(1e10, 0), at(9_223_372_035, 999_999_999)];
  const { text, drops } = written(times, { precision: 'us' });
  expect(text).toBe('m gauge=1 5\nm gauge=1 -1\nm gauge=1 9223372035999999\n');
  expect(drops).toEqual({ no_time: 2 });
});

test('parts have at most so many lines and bytes, and a line that is longer is dropped', () => {
  const points = Array.from({ length: 10 }, (_, index) => [index, { t: index === 4 ? 'x'.repeat(100) : 'x' }] as const);
  const lines = written(batch([metric('m', points)]).resourceMetrics, { payload_max_lines: 4, payload_max_bytes: 99 });
  expect(lines.parts.map(({ ends }) => ends.length)).toEqual([2, 2, 2, 2, 1]);
  expect(lines.drops).toEqual({ line_too_long: 1 });
  const counted = written(batch([metric('m', points)]).resourceMetrics, { payload_max_lines: 4 });
  expect(counted.parts.map(({ ends }) => ends.length)).toEqual([4, 4, 2]);
  expect(counted.text.split('\n')).toHaveLength(11);
});

test('a metric without a name is dropped', () => {
  for (const metrics_schema of ['telegraf-prometheus-v1', 'otel-v1', 'single-measurement'] as const)
    expect(written(batch([metric('', [1, 2])]).resourceMetrics, { metrics_schema })).toMatchObject({
      text: '',
      drops: { no_name: 2 },
    });
});

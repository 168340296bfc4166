import {
  mergeBatches,
  type MetricsBatch,
  metricsBatch,
  pointType,
  resolveConfig,
  temporality,
  valueType,
} from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { checkMapKeys, mapKeys } from './config.ts';
import { createMapper } from './mapper.ts';
import { batchOf, linesOf, mapOne, metricOf, start } from './testdata/run.ts';

const counter = (end: number, value: number): MetricsBatch => batchOf([metricOf('counter', [[-9, end, value]])]);

describe('a batch that is tried again', () => {
  it('is the same, whatever came between', () => {
    const { mapper } = start();
    mapper.map(counter(1, 10));
    const failed = counter(2, 15);
    const mapped = mapper.map(failed);
    mapper.map(counter(3, 17));
    expect(mapper.map(failed)).toBe(mapped);
    expect(linesOf(mapped)).toEqual(['2s count m{} 5 byte']);
    expect(linesOf(mapper.map(counter(4, 18)))).toEqual(['4s count m{} 1 byte']);
  });

  it('is the same part by part', () => {
    const { mapper } = start();
    const parts = [counter(1, 10), counter(2, 15), counter(3, 17)];
    const merged = mergeBatches(parts) as MetricsBatch;
    const all = ['2s count m{} 5 byte', '3s count m{} 2 byte'];
    expect(linesOf(mapper.map(merged))).toEqual(all);
    expect(mapper.map(merged)).toBe(mapper.map(merged));
    expect(parts.flatMap((part) => linesOf(mapper.map(part)))).toEqual(all);
  });
});

describe('what is remembered of a series', () => {
  it('goes when it ends', () => {
    const { mapper } = start();
    mapper.map(counter(1, 10));
    expect(mapper.size).toBe(1);
    mapper.map(batchOf([metricOf('counter', [[-9, 2, undefined]])]));
    expect(mapper.size).toBe(0);
  });

  it('goes after delta_ttl, and does not count before it goes', async () => {
    const { mapper, clock, dropped } = start({ metrics: { delta_ttl: 60 } });
    mapper.map(counter(1, 10));
    await clock.advance(61_000);
    expect(linesOf(mapper.map(counter(62, 20)))).toEqual([]);
    expect(dropped).toEqual({ initial_value: 2 });
    await clock.advance(61_000);
    mapper.map(batchOf([]));
    expect(mapper.size).toBe(0);
  });

  it('is told apart by all that tells series of OTLP apart', () => {
    const { mapper } = start();
    const variants: MetricsBatch[] = [
      counter(1, 1),
      batchOf([metricOf('counter', [[-9, 1, 1, { a: 1 }]])]),
      batchOf([metricOf('counter', [[-9, 1, 1]], 'other')]),
      batchOf([metricOf('counter', [[-9, 1, 1]])], { resource: { 'process.pid': 1 } }),
      batchOf([metricOf('counter', [[-9, 1, 1]])], { scope: { name: 'test', version: '1' } }),
    ];
    for (const variant of variants) mapper.map(variant);
    expect(mapper.size).toBe(variants.length);
  });
});

it('derives tags once from what recurs', () => {
  const { mapper } = start();
  const attributes = { a: 'b' };
  const resource = { 'service.name': 'shop' };
  const scope = { name: 'test' };
  const metric = metricOf('gauge', [
    [0, 1, 1, attributes],
    [0, 1, 2, attributes],
  ]);
  const tags = Array.from({ length: 4 }, () => mapper.map(batchOf([metric], { resource, scope })).series[0]!.tags);
  expect(tags[3]).toBe(tags[2]);
  expect(tags[3]).toEqual(['a:b', 'service:shop']);
});

describe('resources that Datadog cannot tell apart', () => {
  const processes = (name: string, points: [number, number][]): MetricsBatch =>
    metricsBatch(
      points.map(([pid, value]) => ({
        resource: { attributes: { 'process.pid': pid, 'process.executable.name': name } },
        scopeMetrics: [
          {
            scope: { name: 'test' },
            metrics: [metricOf('counter', [[1, 2, value]], 'cpu'), metricOf('gauge', [[0, 2, value]], 'memory')],
          },
        ],
      })),
    );

  it('add their counts up, and are told of once for gauges', () => {
    const { mapper, lines } = start();
    const same = () =>
      processes('node', [
        [1, 10],
        [2, 20],
      ]);
    expect(linesOf(mapper.map(same()))).toEqual([
      '2s count cpu{process.executable.name:node} 30 byte',
      '2s gauge memory{process.executable.name:node} 10 byte',
      '2s gauge memory{process.executable.name:node} 20 byte',
    ]);
    mapper.map(same());
    expect(lines.map(({ level, fields }) => [level, fields])).toEqual([['warn', { metric: 'memory' }]]);
  });

  it('are apart with all their attributes as tags', () => {
    const { mapper, lines } = start({ metrics: { resource_attributes_as_tags: true } });
    expect(
      mapper.map(
        processes('node', [
          [1, 10],
          [2, 20],
        ]),
      ).series,
    ).toHaveLength(4);
    expect(lines).toEqual([]);
  });
});

it('takes tags from where the config says', () => {
  const batch = batchOf([metricOf('gauge', [[0, 1, 1, { a: 'point', b: '' }]])], {
    resource: { a: 'resource', 'service.name': 'shop' },
    scope: { name: 'lib', attributes: { x: 1 } },
  });
  const tagsWith = (metrics: object) => mapOne(batch, { tags: ['team:a'], metrics }).series[0]!.tags;
  expect(tagsWith({})).toEqual(['a:point', 'b:n/a', 'service:shop', 'team:a']);
  expect(tagsWith({ instrumentation_scope_metadata_as_tags: true })).toEqual([
    ...['a:point', 'b:n/a', 'service:shop', 'team:a'],
    ...['instrumentation_scope:lib', 'instrumentation_scope_version:n/a', 'x:1'],
  ]);
  // What the resource says of itself goes before what a point says.
  expect(tagsWith({ resource_attributes_as_tags: true })).toEqual([
    ...['b:n/a', 'a:resource', 'service.name:shop'],
    ...['service:shop', 'team:a'],
  ]);
});

it('is on this host where nobody says otherwise', () => {
  const mapper = createMapper(resolveConfig({ properties: mapKeys }, {}), testContext());
  expect(mapper.map(counter(1, 1)).series).toEqual([]);
  expect(mapper.map(batchOf([metricOf('gauge', [[0, 1, 1]])])).series[0]!.host).toBe(hostname());
});

it('counts what it cannot send', () => {
  const { mapper, dropped } = start();
  const unspecified = {
    descriptor: { name: 'm', description: '', unit: '', valueType: valueType.int },
    aggregationTemporality: temporality.unspecified,
  };
  const dataPoints = metricOf('gauge', [[0, 1, 1]]).dataPoints;
  const mapped = mapper.map(
    batchOf([
      metricOf('gauge', [[0, 1, 1]], ''),
      { ...unspecified, dataPointType: pointType.sum, isMonotonic: true, dataPoints } as never,
      { ...unspecified, dataPointType: pointType.histogram, dataPoints } as never,
      { ...unspecified, dataPointType: pointType.exponentialHistogram, dataPoints } as never,
    ]),
  );
  expect(mapped).toEqual({ series: [], sketches: [] });
  expect(dropped).toEqual({ no_name: 1, unspecified_temporality: 3 });
});

it('says that nothing would be left of histograms', () => {
  const config = (histograms: object) => resolveConfig({ properties: mapKeys }, { metrics: { histograms } });
  expect(checkMapKeys(config({ mode: 'nobuckets' }))).toMatchObject([
    { path: ['metrics', 'histograms', 'send_aggregation_metrics'] },
  ]);
  expect(checkMapKeys(config({ mode: 'nobuckets', send_aggregation_metrics: true }))).toEqual([]);
});

import {
  type Attributes,
  type Batch,
  type DataPoint,
  endSeries,
  type GaugeMetric,
  hrTime,
  itemCount,
  logsBatch,
  mergeBatches,
  type MetricData,
  metricsBatch,
  type MetricsBatch,
  partsOf,
  pointType,
  profilesBatch,
  type Resource,
  resolveConfig,
  temporality,
  tracesBatch,
  valueType,
} from '@millrace/core';
import { render, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import groupByAttributes from './index.ts';

const scope = { name: 'test' };
const now = hrTime(Date.UTC(2026, 0, 1));

const point = (attributes: Attributes, value: number): DataPoint<number> => ({
  startTime: now,
  endTime: now,
  attributes,
  value,
});
const gauge = (name: string, dataPoints: readonly DataPoint<number>[]): GaugeMetric => ({
  descriptor: { name, description: '', unit: '1', valueType: valueType.int },
  dataPointType: pointType.gauge,
  dataPoints,
});
const metrics = (resource: Resource, ...all: readonly MetricData[]): MetricsBatch =>
  metricsBatch([{ resource, scopeMetrics: [{ scope, metrics: all }] }], { tenant: ['a'] });

function start(keys?: readonly string[]) {
  const next = sink();
  const config = resolveConfig(groupByAttributes.config, keys ? { keys } : {});
  const processor = groupByAttributes.create(config, testContext(), next);
  return async <B extends Batch>(batch: B): Promise<B> => {
    await processor.consume(batch);
    return next.batches.at(-1) as B;
  };
}

const host: Resource = { attributes: { host: 'a' }, schemaUrl: 'https://example.com/1' };

describe('metrics', () => {
  it('move to resources of their own, those with the same attributes together', async () => {
    const batch = metrics(
      host,
      gauge('cpu', [
        point({ function: 'main', mode: 'user' }, 1),
        point({ function: 'load', mode: 'user' }, 2),
        point({ mode: 'user' }, 3),
        point({ function: 'main', mode: 'system' }, 4),
      ]),
      gauge('memory', [point({ function: 'load' }, 5)]),
    );
    const grouped = await start(['function'])(batch);
    expect(render(grouped)).toMatchInlineSnapshot(`
      "cpu{function="load",host="a"|mode="user"} 2 1
      cpu{function="main",host="a"|mode="system"} 4 1
      cpu{function="main",host="a"|mode="user"} 1 1
      cpu{host="a"|mode="user"} 3 1
      memory{function="load",host="a"|} 5 1
      "
    `);
    expect(grouped.metadata).toEqual({ tenant: ['a'] });
    expect(grouped.resourceMetrics.map(({ resource }) => resource.schemaUrl)).toEqual(Array(3).fill(host.schemaUrl));
  });

  it('take along the keys that they have, and win over the resource', async () => {
    const grouped = await start(['host', 'zone'])(
      metrics(host, gauge('cpu', [point({ host: 'b' }, 1), point({ zone: 'z' }, 2)])),
    );
    expect(grouped.resourceMetrics.map(({ resource }) => resource.attributes)).toEqual([
      { host: 'b' },
      { host: 'a', zone: 'z' },
    ]);
  });

  it('keep the entities of their resource, and apart from those of another', async () => {
    const entity = (type: string): Resource => ({
      attributes: { host: 'a' },
      entityRefs: [{ type, idKeys: ['host'] }],
    });
    const of = (type: string) => metrics(entity(type), gauge('cpu', [point({ key: 'k' }, 1)])).resourceMetrics;
    const grouped = await start(['key'])(metricsBatch([...of('host'), ...of('vm'), ...of('host')]));
    expect(grouped.resourceMetrics.map(({ resource }) => [resource.attributes['key'], resource.entityRefs])).toEqual([
      ['k', entity('host').entityRefs],
      ['k', entity('vm').entityRefs],
    ]);
  });

  it('keep values apart that are not the same', async () => {
    const values = [1, '1', 1n, true, 'true', [1], { a: 1 }, null];
    const batch = metrics(
      host,
      gauge(
        'cpu',
        values.map((value, index) => point({ key: value }, index)),
      ),
    );
    expect((await start(['key'])(batch)).resourceMetrics).toHaveLength(values.length);
  });

  it('keep their kinds apart', async () => {
    const sum: MetricData = {
      ...gauge('cpu', [point({ key: 'a' }, 2)]),
      dataPointType: pointType.sum,
      aggregationTemporality: temporality.delta,
      isMonotonic: true,
    };
    const grouped = await start(['key'])(metrics(host, gauge('cpu', [point({ key: 'a' }, 1)]), sum));
    expect(grouped.resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(({ dataPointType }) => dataPointType)).toEqual([
      pointType.gauge,
      pointType.sum,
    ]);
  });

  it('have the same resource and attributes at each batch, as objects, also when they end', async () => {
    const pass = start(['key']);
    const attributes = { key: 'a', mode: 'user' };
    const batch = metrics(host, gauge('cpu', [point(attributes, 1)]));
    const [first, second] = [await pass(batch), await pass(metrics(host, gauge('cpu', [point(attributes, 2)])))];
    const ended = await pass(metricsBatch(batch.resourceMetrics.map((one) => endSeries(one, now))));
    for (const one of [second, ended]) {
      expect(one.resourceMetrics[0]!.resource).toBe(first.resourceMetrics[0]!.resource);
      const attributesOf = (from: MetricsBatch) =>
        from.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.attributes;
      expect(attributesOf(one)).toBe(attributesOf(first));
    }
  });

  it('do not change what was handed in', async () => {
    const batch = metrics(host, gauge('cpu', [point({ key: 'a' }, 1)]));
    const before = render(batch);
    await start(['key'])(batch);
    expect(render(batch)).toBe(before);
  });
});

it('logs and spans move as well', async () => {
  const pass = start(['service.name']);
  const logs = logsBatch([
    {
      resource: host,
      scopeLogs: [
        {
          scope,
          logRecords: [
            { observedTime: now, body: 'one', attributes: { 'service.name': 'cart', n: 1 } },
            { observedTime: now, body: 'two', attributes: { n: 2 } },
            { observedTime: now, body: 'three', attributes: { 'service.name': 'cart' } },
          ],
        },
      ],
    },
  ]);
  const grouped = await pass(logs);
  expect(
    grouped.resourceLogs.map(({ resource, scopeLogs }) => [
      resource.attributes,
      scopeLogs[0]!.logRecords.map(({ body, attributes }) => [body, attributes]),
    ]),
  ).toEqual([
    [
      { host: 'a', 'service.name': 'cart' },
      [
        ['one', { n: 1 }],
        ['three', {}],
      ],
    ],
    [{ host: 'a' }, [['two', { n: 2 }]]],
  ]);

  const span = (name: string, service: string) => ({
    traceId: '0'.repeat(31) + '1',
    spanId: '0'.repeat(15) + '1',
    name,
    kind: 1,
    startTime: now,
    endTime: now,
    attributes: { 'service.name': service },
  });
  const spans = await pass(
    tracesBatch([{ resource: host, scopeSpans: [{ scope, spans: [span('a', 'x'), span('b', 'y'), span('c', 'x')] }] }]),
  );
  expect(
    spans.resourceSpans.map(({ resource, scopeSpans }) => [
      resource.attributes['service.name'],
      scopeSpans.flatMap((one) => one.spans.map(({ name }) => name)),
    ]),
  ).toEqual([
    ['x', ['a', 'c']],
    ['y', ['b']],
  ]);
});

describe('a merged batch', () => {
  const parts = [1, 2].map((value) =>
    metrics({ attributes: { host: 'a' } }, gauge('cpu', [point({ key: 'a' }, value)])),
  );

  it('keeps its seams', async () => {
    const grouped = await start(['key'])(mergeBatches(parts) as MetricsBatch);
    expect(partsOf(grouped)).toHaveLength(2);
    expect([itemCount(grouped), grouped.resourceMetrics.length]).toEqual([2, 2]);
  });

  it('is put together without keys', async () => {
    const grouped = await start()(mergeBatches(parts) as MetricsBatch);
    expect(grouped.resourceMetrics).toHaveLength(1);
    expect(grouped.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints.map(({ value }) => value)).toEqual([
      1, 2,
    ]);
  });
});

it('profiles pass as they are', async () => {
  const profiles = profilesBatch(new Uint8Array(3), 1);
  expect(await start(['key'])(profiles)).toBe(profiles);
});

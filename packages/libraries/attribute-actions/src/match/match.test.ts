import type { Batch, LogRecord, Resource, ResourceBatch, Span } from '@millrace/core';
import {
  batchOf,
  encodedBatch,
  itemCount,
  logsBatch,
  mergeBatches,
  metricsBatch,
  partsOf,
  pointType,
  resourcesOf,
  spanKind,
  tracesBatch,
  valueType,
} from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Conditions, checkBlock, compilePattern, createSelector, type Fate, rewrite } from './index.ts';

const record = (fields: Partial<LogRecord>): LogRecord => ({ observedTime: [1, 0], attributes: {}, ...fields });
const span = (name: string, kind: number, attributes: Span['attributes'] = {}): Span => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name,
  kind,
  startTime: [1, 0],
  endTime: [2, 0],
  attributes,
});
const point = (id: number) => ({ startTime: [0, 0] as const, endTime: [1, 0] as const, attributes: { id }, value: id });
const gauge = (name: string, ...ids: number[]) => ({
  descriptor: { name, description: '', unit: '1', valueType: valueType.int },
  dataPointType: pointType.gauge,
  dataPoints: ids.map(point),
});

const shop = { attributes: { 'service.name': 'shop' } };
const none = { attributes: { env: 'test' } };
const scope = { name: 'lib', version: '1.0' };

const metrics = metricsBatch([
  { resource: shop, scopeMetrics: [{ scope, metrics: [gauge('a', 1, 2), gauge('b', 3)] }] },
  { resource: none, scopeMetrics: [{ scope: { name: 'other' }, metrics: [gauge('a', 4)] }] },
]);
const logs = logsBatch([
  {
    resource: shop,
    scopeLogs: [
      {
        scope,
        logRecords: [
          record({ attributes: { id: 1 }, severityNumber: 17, severityText: 'ERROR', body: 'out of memory' }),
          record({ attributes: { id: 2 }, body: 42n }),
        ],
      },
    ],
  },
  { resource: none, scopeLogs: [{ scope, logRecords: [record({ attributes: { id: 3 }, severityNumber: 9 })] }] },
]);
const traces = tracesBatch([
  {
    resource: shop,
    scopeSpans: [
      { scope, spans: [span('GET /', spanKind.server, { id: 1 }), span('SELECT', spanKind.client, { id: 2 })] },
    ],
  },
  {
    resource: none,
    scopeSpans: [{ scope: { name: 'lib' }, spans: [span('GET /x', spanKind.unspecified, { id: 3 })] }],
  },
]);

/** The ids of what stays of a batch whose other items go. */
function selected(batch: ResourceBatch, blocks: Parameters<typeof createSelector>[0]): number[] {
  const kept = rewrite(batch, createSelector(blocks), { selected: 'stays', others: 'goes' });
  return kept ? idsOf(kept) : [];
}

function idsOf(batch: ResourceBatch): number[] {
  const ids: number[] = [];
  const note = <T extends { attributes: object }>(item: T): T => {
    ids.push((item.attributes as { id: number }).id);
    return item;
  };
  rewrite(batch, createSelector({}), { selected: note as Fate, others: 'goes' });
  return ids;
}

const strict = (conditions: Omit<Conditions, 'matchType'>): Conditions => ({ matchType: 'strict', ...conditions });
const regexp = (conditions: Omit<Conditions, 'matchType'>): Conditions => ({ matchType: 'regexp', ...conditions });

describe.each<[string, Conditions, Record<string, number[]>]>([
  ['a service', strict({ services: ['shop'] }), { metrics: [1, 2, 3], logs: [1, 2], traces: [1, 2] }],
  ['a service by pattern', regexp({ services: ['^s'] }), { metrics: [1, 2, 3], logs: [1, 2], traces: [1, 2] }],
  [
    'an attribute of the resource',
    strict({ resource: [{ key: 'env', value: 'test' }] }),
    { metrics: [4], logs: [3], traces: [3] },
  ],
  ['a library', strict({ libraries: [{ name: 'lib' }] }), { metrics: [1, 2, 3], logs: [1, 2, 3], traces: [1, 2, 3] }],
  [
    'a library with a version',
    strict({ libraries: [{ name: 'x' }, { name: 'lib', version: '1.0' }] }),
    { metrics: [1, 2, 3], logs: [1, 2, 3], traces: [1, 2] },
  ],
  [
    'a library without a version',
    strict({ libraries: [{ name: 'lib', version: '' }] }),
    { metrics: [], logs: [], traces: [3] },
  ],
  ['an attribute', strict({ attributes: [{ key: 'id', value: 2 }] }), { metrics: [2], logs: [2], traces: [2] }],
  [
    'an attribute by pattern',
    regexp({ attributes: [{ key: 'id', value: '[13]' }] }),
    { metrics: [1, 3], logs: [1, 3], traces: [1, 3] },
  ],
  ['metric names', strict({ metricNames: ['a'] }), { metrics: [1, 2, 4], logs: [], traces: [] }],
  ['span names', regexp({ spanNames: ['^GET'] }), { metrics: [], logs: [], traces: [1, 3] }],
  [
    'span kinds',
    strict({ spanKinds: ['SPAN_KIND_CLIENT', 'SPAN_KIND_SERVER'] }),
    { metrics: [], logs: [], traces: [1, 2] },
  ],
  ['a span kind that is not said', regexp({ spanKinds: ['UNSPECIFIED'] }), { metrics: [], logs: [], traces: [3] }],
  ['bodies', regexp({ bodies: ['memory$', '^42$'] }), { metrics: [], logs: [1, 2], traces: [] }],
  ['severity texts', strict({ severityTexts: ['ERROR'] }), { metrics: [], logs: [1], traces: [] }],
  [
    'a severity',
    strict({ severityNumber: { min: 13, matchUndefined: false } }),
    { metrics: [], logs: [1], traces: [] },
  ],
  [
    'a severity or none',
    strict({ severityNumber: { min: 13, matchUndefined: true } }),
    { metrics: [], logs: [1, 2], traces: [] },
  ],
  [
    'two kinds at once',
    strict({ services: ['shop'], attributes: [{ key: 'id', value: 1 }] }),
    { metrics: [1], logs: [1], traces: [1] },
  ],
])('%s', (_name, conditions, want) => {
  it.each([metrics, logs, traces])('$signal', (batch) => {
    expect(selected(batch, { include: conditions })).toEqual(want[batch.signal]);
    const all = idsOf(batch);
    expect(selected(batch, { exclude: conditions })).toEqual(all.filter((id) => !want[batch.signal]!.includes(id)));
  });
});

it('excludes from what it includes', () => {
  expect(
    selected(metrics, {
      include: strict({ metricNames: ['a'] }),
      exclude: strict({ attributes: [{ key: 'id', value: 1 }] }),
    }),
  ).toEqual([2, 4]);
  expect(
    selected(metrics, { include: strict({ attributes: [{ key: 'id' }] }), exclude: strict({ services: ['shop'] }) }),
  ).toEqual([4]);
});

describe('a batch that is bytes', () => {
  /** Each resource of the batch still encoded; tells which of them have been decoded. */
  function encoded(batch: ResourceBatch): { batch: ResourceBatch; decoded: string[] } {
    const decoded: string[] = [];
    const parts = (resourcesOf(batch) as readonly { resource: Resource }[]).map((one) => {
      const part: ResourceBatch = encodedBatch(batch.signal, {
        items: itemCount(batchOf(batch.signal, [one] as never)),
        bytes: 100,
        decode: () => {
          decoded.push(JSON.stringify(one.resource.attributes));
          return [one] as never;
        },
        split: () => [{ resource: one.resource, batch: part }],
        mapResources: () => undefined,
      }) as ResourceBatch;
      return part;
    });
    return { batch: mergeBatches(parts) as ResourceBatch, decoded };
  }

  it.each([metrics, logs, traces])('is not decoded where resources decide: $signal', (plain) => {
    const { batch, decoded } = encoded(plain);
    const selector = createSelector({ exclude: strict({ services: ['shop'] }) });
    const kept = rewrite(batch, selector, { selected: 'stays', others: 'goes' })!;
    expect(itemCount(kept)).toBe(1);
    expect(decoded).toEqual([]);
    expect(idsOf(kept)).toEqual(plain === metrics ? [4] : [3]);
  });

  it('is decoded only where resources do not decide', () => {
    const { batch, decoded } = encoded(metrics);
    const selector = createSelector({ include: strict({ services: ['shop'], metricNames: ['b'] }) });
    expect(idsOf(rewrite(batch, selector, { selected: 'stays', others: 'goes' })!)).toEqual([3]);
    expect(decoded).toEqual(['{"service.name":"shop"}']);
  });

  it('is itself if all of it stays, and nothing if all goes', () => {
    const { batch, decoded } = encoded(logs);
    const selector = createSelector({ include: strict({ services: ['no such'] }) });
    expect(rewrite(batch, selector, { selected: 'goes', others: 'stays' })).toBe(batch);
    expect(rewrite(batch, selector, { selected: 'stays', others: 'goes' })).toBeUndefined();
    expect(decoded).toEqual([]);
  });
});

it('keeps the seams of a merged batch', () => {
  const other = logsBatch([logs.resourceLogs[1]!]);
  const merged = mergeBatches([logs, other, logs]) as ResourceBatch;
  const selector = createSelector({ include: strict({ bodies: ['42'] }) });
  const kept = rewrite(merged, selector, { selected: 'stays', others: 'goes' })!;
  expect(partsOf(kept).map(itemCount)).toEqual([1, 1]);
  expect(rewrite(merged, selector, { selected: 'stays', others: 'stays' })).toBe(merged);
});

it('keeps metadata', () => {
  const batch = logsBatch(logs.resourceLogs, { tenant: ['a'] });
  const kept: Batch = rewrite(batch, createSelector({ include: strict({ bodies: ['42'] }) }), {
    selected: 'stays',
    others: 'goes',
  })!;
  expect(kept.metadata).toBe(batch.metadata);
});

it('shares what did not change', () => {
  const selector = createSelector({ exclude: strict({ metricNames: ['b'] }) });
  const kept = rewrite(metrics, selector, { selected: 'stays', others: 'goes' }) as typeof metrics;
  expect(kept.resourceMetrics[1]).toBe(metrics.resourceMetrics[1]);
  expect(kept.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]).toBe(
    metrics.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0],
  );
});

it.each([
  ['(?P<a>x)(?P<b>y)', /(?<a>x)(?<b>y)/],
  ['(?i)^get$', /^get$/i],
  ['(?is)a.b', /a.b/is],
  ['\\(?P<a', /\(?P<a/],
  ['a(?i)b', undefined],
])('reads %s of Go', (pattern, want) => {
  if (want) expect(compilePattern(pattern)).toEqual(want);
  else expect(() => compilePattern(pattern)).toThrow(/Invalid group/);
});

it.each<[object, (string | number)[], string]>([
  [{}, [], 'There is no condition under include, so it would match everything.'],
  [{ services: [] }, [], 'There is no condition under include, so it would match everything.'],
  [
    { match_type: 'regexp', services: ['a', '('] },
    ['services', 1],
    'Invalid regular expression: /(/: Unterminated group.',
  ],
  [
    { match_type: 'regexp', resources: [{ key: '(', value: '(' }] },
    ['resources', 0, 'value'],
    'Invalid regular expression: /(/: Unterminated group.',
  ],
  [
    { match_type: 'regexp', libraries: [{ name: '[' }] },
    ['libraries', 0, 'name'],
    'Invalid regular expression: /[/: Unterminated character class.',
  ],
  [
    { span_kinds: ['server'] },
    ['span_kinds', 0],
    'server is not a kind of spans; they are SPAN_KIND_INTERNAL, SPAN_KIND_SERVER, SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER, SPAN_KIND_CONSUMER.',
  ],
])('says what is wrong with %j', (block, at, message) => {
  expect(checkBlock({ match_type: 'strict', ...block }, ['include'])).toEqual([{ path: ['include', ...at], message }]);
});

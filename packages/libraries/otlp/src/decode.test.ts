import { readFileSync } from 'node:fs';
import type { AnyValue, LogsBatch, MetricsBatch, ResourceBatch, Signal } from '@millrace/core';
import { batchOf, byteSize, itemCount, logsBatch, metricsBatch, resourcesOf, splitByResource } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { decode, decodeJson, encode as encodeOracle, meaning, readMetrics } from '../testdata/oracle.ts';
import { random } from '../testdata/random.ts';
import { randomRequest, requestNames } from '../testdata/random-request.ts';
import { batchFromJson, batchFromRequest, encode, encodeJson } from './index.ts';
import { fieldOf } from './origins.ts';

const seeds = Array.from({ length: 300 }, (_, index) => index + 1);
const resourceSignals = ['metrics', 'logs', 'traces'] as const;

const batchOfBytes = (signal: Signal, bytes: Uint8Array): ResourceBatch =>
  batchFromRequest(signal, bytes) as ResourceBatch;

/** The same with other objects for its resources, scopes and metrics, so that they are encoded and not copied. */
function withNewObjects(batch: ResourceBatch): ResourceBatch {
  const metrics = (resources: MetricsBatch['resourceMetrics']): unknown =>
    resources.map(({ resource, scopeMetrics }) => ({
      resource,
      scopeMetrics: scopeMetrics.map(({ scope, metrics: data }) => ({
        scope,
        metrics: data.map((one) => ({ ...one })),
      })),
    }));
  const resources =
    batch.signal === 'metrics' ? metrics(batch.resourceMetrics) : resourcesOf(batch).map((one) => ({ ...one }));
  return batchOf(batch.signal, resources as never) as ResourceBatch;
}

const optionalLists = new Set(['exemplars', 'metadata', 'filteredAttributes', 'events', 'links', 'attributes']);

/** Without what is undefined, and without the lists and attributes that may as well be. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) =>
      inner !== undefined && !(optionalLists.has(key) && inner !== null && Object.keys(inner as object).length === 0),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, tidy(inner)]));
}

/** With points' values as what OTLP carries, which is what value types are for. */
function typed(batch: MetricsBatch): unknown {
  const number = (value: unknown, type: number): unknown =>
    typeof value === 'bigint' || (typeof value === 'number' && type === 0) ? { int: String(value) } : value;
  return batch.resourceMetrics.map((rm) => ({
    ...rm,
    scopeMetrics: rm.scopeMetrics.map((sm) => ({
      ...sm,
      metrics: sm.metrics.map(({ descriptor: { valueType, ...descriptor }, ...metric }) => ({
        ...metric,
        descriptor,
        dataPoints: metric.dataPoints.map(({ exemplars = [], ...point }) => ({
          ...point,
          exemplars: exemplars.map((exemplar) => ({ ...exemplar, value: number(exemplar.value, valueType) })),
          value: number(point.value, valueType),
        })),
      })),
    })),
  }));
}

describe('what was encoded is decoded to the same objects', () => {
  test('metrics', () => {
    for (const seed of seeds) {
      const batch = random(seed).metrics();
      const decoded = batchOfBytes('metrics', encode(batch)) as MetricsBatch;
      expect(itemCount(decoded)).toBe(itemCount(batch));
      expect(tidy(typed(decoded)), `seed ${seed}`).toEqual(tidy(typed(batch)));
    }
  });
  test.each(['logs', 'traces'] as const)('%s', (signal) => {
    for (const seed of seeds) {
      const batch = random(seed)[signal]();
      const decoded = batchOfBytes(signal, encode(batch));
      expect(itemCount(decoded)).toBe(itemCount(batch));
      expect(tidy(resourcesOf(decoded)), `seed ${seed}`).toEqual(tidy(resourcesOf(batch)));
    }
  });
});

describe.each(resourceSignals)('requests of %s with every field, made by protobufjs', (signal) => {
  const name = requestNames[signal];
  test('are the same for protobufjs after decoding and encoding', () => {
    for (const seed of seeds) {
      const request = randomRequest(signal, random(seed));
      const batch = batchOfBytes(signal, request);
      const encoded = encode(withNewObjects(batch));
      expect(meaning(name, encoded), `seed ${seed}`).toEqual(meaning(name, request));
    }
  });
  test('count as many items as decoding finds', () => {
    for (const seed of seeds) {
      const batch = batchOfBytes(signal, randomRequest(signal, random(seed)));
      expect(itemCount(batch)).toBe(itemCount(batchOf(signal, resourcesOf(batch) as never)));
    }
  });
  test('say in JSON what they say in protobuf', () => {
    for (const seed of seeds) {
      const request = randomRequest(signal, random(seed));
      const json = encodeJson(batchFromRequest(signal, request));
      expect(decodeJson(name, json), `seed ${seed}`).toEqual(decode(name, request));
    }
  });
  test('come back from JSON as they were', () => {
    for (const seed of seeds) {
      const request = randomRequest(signal, random(seed));
      const json = Buffer.from(encodeJson(batchFromRequest(signal, request)));
      expect(meaning(name, encode(batchFromJson(signal, json))), `seed ${seed}`).toEqual(meaning(name, request));
    }
  });
});

test('profiles are the bytes they came as, with their samples counted', () => {
  for (const seed of seeds) {
    const request = randomRequest('profiles', random(seed));
    const batch = batchFromRequest('profiles', request);
    const { resourceProfiles } = decode(requestNames.profiles, request) as {
      resourceProfiles: { scopeProfiles: { profiles: { samples: unknown[] }[] }[] }[];
    };
    const samples = resourceProfiles.flatMap(({ scopeProfiles }) =>
      scopeProfiles.flatMap(({ profiles }) => profiles.flatMap((profile) => profile.samples)),
    );
    expect(itemCount(batch)).toBe(samples.length);
    expect(byteSize(batch)).toBe(request.length);
    expect(encode(batch)).toEqual(request);
  }
  expect(() => batchFromJson('profiles', Buffer.from('{}'))).toThrow('Profiles are taken as protobuf only');
});

describe('the examples of opentelemetry-proto', () => {
  test.each([
    ['metrics.json', 'metrics', 4],
    ['logs.json', 'logs', 1],
    ['events.json', 'logs', 1],
    ['trace.json', 'traces', 1],
  ] as const)('%s', async (file, signal, items) => {
    const json = readFileSync(new URL(`../testdata/${file}`, import.meta.url));
    const batch = batchFromJson(signal, json) as ResourceBatch;
    expect(itemCount(batch)).toBe(items);
    const want = decodeJson(requestNames[signal], json.toString());
    expect(decode(requestNames[signal], encode(batch))).toEqual(want);
    expect(meaning(requestNames[signal], encode(withNewObjects(batch)))).toEqual(
      meaning(requestNames[signal], encode(batch)),
    );
    expect(decodeJson(requestNames[signal], encodeJson(batch))).toEqual(want);
    await expect(resourcesOf(batch)).toMatchFileSnapshot(`../testdata/${file.replace('.json', '.decoded.txt')}`);
  });
});

describe('values at the edges', () => {
  const metricOf = (gauge: object): MetricsBatch =>
    batchOfBytes(
      'metrics',
      encodeOracle(requestNames.metrics, {
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge }] }] }],
      }),
    ) as MetricsBatch;
  const again = (batch: ResourceBatch) => encode(withNewObjects(batch));

  test('integers and doubles in one metric: the integers become bigints', () => {
    const batch = metricOf({ dataPoints: [{ asInt: '5' }, { asDouble: 5 }, { asInt: '-9223372036854775808' }, {}] });
    const [metric] = batch.resourceMetrics[0]!.scopeMetrics[0]!.metrics;
    expect(metric!.descriptor.valueType).toBe(1);
    expect(metric!.dataPoints.map(({ value }) => value)).toEqual([5n, 5, -(2n ** 63n), undefined]);
    expect(readMetrics(decode(requestNames.metrics, again(batch)))).toMatchObject([
      {
        scopeMetrics: [
          {
            metrics: [
              {
                dataPoints: [
                  { value: { asInt: '5' } },
                  { value: { asDouble: 5 } },
                  { value: { asInt: '-9223372036854775808' } },
                  {},
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  test('integers alone are numbers up to 2^53, with value type int', () => {
    const batch = metricOf({ dataPoints: [{ asInt: '9007199254740991' }, { asInt: '-9007199254740992' }] });
    const [metric] = batch.resourceMetrics[0]!.scopeMetrics[0]!.metrics;
    expect(metric!.descriptor.valueType).toBe(0);
    expect(metric!.dataPoints.map(({ value }) => value)).toEqual([2 ** 53 - 1, -(2n ** 53n)]);
  });

  test('a value beside the flag that says that there is none is not taken', () => {
    const batch = metricOf({ dataPoints: [{ asDouble: 5, flags: 1 }] });
    expect(batch.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints).toMatchObject([
      { value: undefined, flags: 1 },
    ]);
  });

  const recordOf = (record: object): LogsBatch =>
    batchOfBytes(
      'logs',
      encodeOracle(requestNames.logs, { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
    ) as LogsBatch;
  const recordIn = (batch: LogsBatch) => batch.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!;
  const value = (key: string, any: object) => ({ key, value: any });

  test.each<[string, object, AnyValue]>([
    ['nothing', {}, null],
    ['negative zero', { doubleValue: -0 }, -0],
    ['a double that is an integer', { doubleValue: 3 }, 3],
    ['such a one in a list', { arrayValue: { values: [{ doubleValue: 3 }, { intValue: '3' }] } }, [3, 3]],
    ['a great integer', { intValue: '9007199254740993' }, 9_007_199_254_740_993n],
    ['the least', { intValue: '-9223372036854775808' }, -(2n ** 63n)],
    ['bytes', { bytesValue: Buffer.from([0, 255]) }, Uint8Array.of(0, 255)],
    ['an empty text', { stringValue: '' }, ''],
    ['an empty list', { arrayValue: {} }, []],
  ])('%s, as an attribute and as a body', (_name, any, want) => {
    const batch = recordOf({ attributes: [value('v', any)], body: any });
    const { attributes, body } = recordIn(batch);
    expect(attributes).toEqual({ v: want });
    expect(body).toEqual(want);
    expect(meaning(requestNames.logs, again(batch))).toEqual(meaning(requestNames.logs, encode(batch)));
  });

  test('keys that mean something to JavaScript', () => {
    const keys = ['b', '__proto__', '7', 'constructor', 'toString', ''];
    const batch = recordOf({ attributes: keys.map((key) => value(key, { stringValue: key })) });
    const { attributes } = recordIn(batch);
    expect(Object.keys(attributes)).toHaveLength(keys.length);
    for (const key of keys) expect(Object.getOwnPropertyDescriptor(attributes, key)?.value).toBe(key);
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
  });

  test('of one key twice the first is taken, and both are passed on', () => {
    const batch = recordOf({
      attributes: [value('a', { stringValue: 'first' }), value('a', { stringValue: 'second' })],
    });
    expect(recordIn(batch).attributes).toEqual({ a: 'first' });
    expect(Buffer.from(again(batch)).toString()).toMatch(/first.*second/s);
  });

  test('the same attributes come as the same object from the third time on', () => {
    const bytes = encode(recordOf({ attributes: [value('the.same', { stringValue: 'attributes' })] }));
    const [, second, third] = [1, 2, 3].map(() => recordIn(batchOfBytes('logs', bytes) as LogsBatch).attributes);
    expect(third).toBe(second);
  });

  test('the same descriptor and the same resource come as the same object', () => {
    const request = () => metricOf({ dataPoints: [{ asInt: '1' }] }).resourceMetrics[0]!;
    const [one, two] = [request(), request()];
    expect(two.resource).toBe(one.resource);
    expect(two.scopeMetrics[0]!.metrics[0]!.descriptor).toBe(one.scopeMetrics[0]!.metrics[0]!.descriptor);
    const doubles = metricOf({ dataPoints: [{ asDouble: 1 }] }).resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!;
    expect(doubles.descriptor.valueType).toBe(1);
  });

  test('a small part of a request does not keep all of it in memory', () => {
    const fields = encodeOracle(requestNames.logs, {
      resourceLogs: Array.from({ length: 50 }, (_, n) => ({
        resource: { attributes: [value('n', { intValue: String(n) })] },
      })),
    });
    const alone = new Uint8Array(fields);
    for (const { batch } of splitByResource(batchOfBytes('logs', alone)))
      expect(encode(batch).buffer).not.toBe(alone.buffer);
    const [first] = resourcesOf(batchOfBytes('logs', alone));
    expect(fieldOf(first!)).toEqual(Buffer.from(alone.subarray(0, fieldOf(first!)!.length)));
    expect(fieldOf(first!)!.buffer).not.toBe(alone.buffer);
  });

  test('repeated numbers that are not packed', () => {
    const buckets = [0x08, 0x03, 0x10, 0x05, 0x10, 0xac, 0x02];
    const exponential = [0x42, buckets.length, ...buckets];
    const histogram = [0x31, 7, 0, 0, 0, 0, 0, 0, 0, 0x31, 8, 0, 0, 0, 0, 0, 0, 0, 0x39, 0, 0, 0, 0, 0, 0, 0, 0x40];
    const wrap = (tag: number, content: readonly number[]): number[] => [tag, content.length, ...content];
    const metrics = [
      ...wrap(0x12, wrap(0x52, wrap(0x0a, exponential))),
      ...wrap(0x12, wrap(0x4a, wrap(0x0a, histogram))),
    ];
    const batch = batchOfBytes('metrics', Uint8Array.from(wrap(0x0a, wrap(0x12, metrics)))) as MetricsBatch;
    const [one, two] = batch.resourceMetrics[0]!.scopeMetrics[0]!.metrics;
    expect(one!.dataPoints[0]!.value).toMatchObject({ positive: { offset: -2, bucketCounts: [5, 300] } });
    expect(two!.dataPoints[0]!.value).toMatchObject({ buckets: { boundaries: [2], counts: [7, 8] } });
  });

  const length = (size: number): readonly number[] => (size < 0x80 ? [size] : [(size & 0x7f) | 0x80, size >> 7]);
  const field = (tag: readonly number[], content: readonly number[]): readonly number[] => [
    ...tag,
    ...length(content.length),
    ...content,
  ];
  const text = (tag: number, content: string): readonly number[] => field([tag], [...Buffer.from(content)]);
  const keyValue = (key: string, content: string): readonly number[] => [
    ...text(0x0a, key),
    ...field([0x12], text(0x0a, content)),
  ];

  test('tags that are written longer than needed', () => {
    const attribute = field([0xba, 0x00], keyValue('a', 'b'));
    const points = field([0xaa, 0x00], field([0x8a, 0x00], [...attribute, ...attribute]));
    const metric = field([0x92, 0x00], [...text(0x0a, 'm'), ...text(0x12, 'd'.repeat(3000)), ...points]);
    const bytes = Uint8Array.from(field([0x8a, 0x00], field([0x92, 0x00], metric)));
    for (const _round of [1, 2, 3]) {
      const batch = batchOfBytes('metrics', bytes);
      expect(meaning(requestNames.metrics, again(batch))).toMatchObject({
        resourceMetrics: [
          { scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [{ attributes: [{ key: 'a' }] }] } }] }] },
        ],
      });
    }
  });

  test('attributes that do not come at once', () => {
    const severity = text(0x1a, 'WARN');
    const record = [
      ...field([0x32], keyValue('a', '1')),
      ...severity,
      ...field([0x32], keyValue('__proto__', '2')),
      ...severity,
      ...field([0x32], keyValue('a', '3')),
    ];
    const bytes = Uint8Array.from(field([0x0a], field([0x12], field([0x12], record))));
    for (const _round of [1, 2, 3])
      expect(Object.entries(recordIn(batchOfBytes('logs', bytes) as LogsBatch).attributes)).toEqual([
        ['a', '1'],
        ['__proto__', '2'],
      ]);
  });

  test('no bytes are an empty request', () => {
    expect(itemCount(batchFromRequest('metrics', new Uint8Array()))).toBe(0);
    expect(resourcesOf(batchOfBytes('logs', new Uint8Array()))).toEqual([]);
  });

  test('empty batches', () => {
    expect(encode(metricsBatch([]))).toHaveLength(0);
    expect(encode(logsBatch([]))).toHaveLength(0);
  });
});

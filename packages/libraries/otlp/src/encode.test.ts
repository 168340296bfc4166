import type { AnyValue, MetricsBatch } from '@millrace/core';
import { logsBatch, metricsBatch } from '@millrace/core';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { describe, expect, test } from 'vitest';
import { decode, decodeJson, readLogs, readMetrics, readTraces } from '../testdata/oracle.ts';
import { random } from '../testdata/random.ts';
import {
  encode,
  encodeLogs,
  encodeLogsJson,
  encodeMetrics,
  encodeMetricsJson,
  encodeTraces,
  encodeTracesJson,
} from './index.ts';

const metricsRequest = 'ExportMetricsServiceRequest';
const logsRequest = 'ExportLogsServiceRequest';
const tracesRequest = 'ExportTraceServiceRequest';
const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

/** The batch's resourceMetrics with values as OTLP types them, which is how the oracle reads them. */
function typed({ resourceMetrics }: MetricsBatch): unknown {
  const number = (value: unknown, isInt: boolean): unknown =>
    typeof value === 'bigint' || (typeof value === 'number' && isInt)
      ? { asInt: String(value) }
      : typeof value === 'number'
        ? { asDouble: value }
        : value;
  return resourceMetrics.map(({ resource, scopeMetrics }) => ({
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(({ descriptor: { valueType, ...descriptor }, ...metric }) => ({
        ...metric,
        descriptor,
        dataPoints: metric.dataPoints.map(({ value, exemplars = [], ...point }) => ({
          ...point,
          exemplars: exemplars.map((exemplar) => ({ ...exemplar, value: number(exemplar.value, valueType === 0) })),
          value: number(value, valueType === 0),
        })),
      })),
    })),
  }));
}

describe('against protobufjs, on random batches', () => {
  test('metrics in protobuf', () => {
    for (const seed of seeds) {
      const batch = random(seed).metrics();
      expect(readMetrics(decode(metricsRequest, encodeMetrics(batch))), `seed ${seed}`).toEqual(typed(batch));
    }
  });

  test('metrics in JSON', () => {
    for (const seed of seeds) {
      const batch = random(seed).metrics();
      expect(readMetrics(decodeJson(metricsRequest, encodeMetricsJson(batch))), `seed ${seed}`).toEqual(typed(batch));
    }
  });

  test('logs in protobuf', () => {
    for (const seed of seeds) {
      const batch = random(seed).logs();
      expect(readLogs(decode(logsRequest, encodeLogs(batch))), `seed ${seed}`).toEqual(batch.resourceLogs);
    }
  });

  test('logs in JSON', () => {
    for (const seed of seeds) {
      const batch = random(seed).logs();
      expect(readLogs(decodeJson(logsRequest, encodeLogsJson(batch))), `seed ${seed}`).toEqual(batch.resourceLogs);
    }
  });

  test('traces in protobuf', () => {
    for (const seed of seeds) {
      const batch = random(seed).traces();
      expect(readTraces(decode(tracesRequest, encodeTraces(batch))), `seed ${seed}`).toEqual(batch.resourceSpans);
    }
  });

  test('traces in JSON', () => {
    for (const seed of seeds) {
      const batch = random(seed).traces();
      expect(readTraces(decodeJson(tracesRequest, encodeTracesJson(batch))), `seed ${seed}`).toEqual(
        batch.resourceSpans,
      );
    }
  });

  test('the same objects again, from what is remembered of them', () => {
    for (const seed of seeds.slice(0, 50)) {
      const batch = random(seed).metrics();
      expect(encodeMetrics(batch)).toEqual(encodeMetrics(batch));
    }
  });
});

test('what an SDK collects is encoded as the SDK does it', () => {
  const time = [1_784_500_000, 5] as const;
  const point = (value: unknown) => ({ startTime: time, endTime: time, attributes: { state: 'user', n: 5 }, value });
  const metric = (dataPointType: number, values: readonly unknown[]) => ({
    descriptor: { name: `m${dataPointType}`, description: 'A metric.', unit: 's', valueType: 1 },
    aggregationTemporality: 1,
    dataPointType,
    isMonotonic: true,
    dataPoints: values.map(point),
  });
  const collected = {
    resource: resourceFromAttributes({ 'service.name': 'shop', roles: ['a', 'b'] }),
    scopeMetrics: [
      {
        scope: { name: 'meter', version: '1', schemaUrl: 'https://example.com/schema' },
        metrics: [
          metric(0, [{ count: 3, sum: 6, min: 1, max: 3, buckets: { boundaries: [2], counts: [2, 1] } }]),
          metric(2, [1.5, -2]),
          metric(3, [7]),
        ],
      },
    ],
  };
  const theirs = ProtobufMetricsSerializer.serializeRequest(collected as never)!;
  const ours = encodeMetrics(metricsBatch([collected] as never));
  expect(readMetrics(decode(metricsRequest, ours))).toEqual(readMetrics(decode(metricsRequest, theirs)));
});

describe('values at the edges', () => {
  const attribute = (value: AnyValue): AnyValue => {
    const batch = logsBatch([
      {
        resource: { attributes: {} },
        scopeLogs: [{ scope: { name: '' }, logRecords: [{ observedTime: [1, 0], attributes: { value } }] }],
      },
    ]);
    const [fromProtobuf, fromJson] = [
      readLogs(decode(logsRequest, encodeLogs(batch))),
      readLogs(decodeJson(logsRequest, encodeLogsJson(batch))),
    ].map((read) => (read as typeof batch.resourceLogs)[0]!.scopeLogs[0]!.logRecords[0]!.attributes['value']!);
    expect(fromProtobuf).toEqual(fromJson);
    return fromProtobuf!;
  };
  test.each<[AnyValue, AnyValue]>([
    [2n ** 64n, '18446744073709551616'],
    [-(2n ** 63n) - 1n, '-9223372036854775809'],
    [2 ** 63, 2 ** 63],
    [2 ** 62, 2n ** 62n],
    [-(2 ** 63), -(2n ** 63n)],
    [1e22, 1e22],
    ['', ''],
    [[], []],
    [{}, {}],
    [
      [null, [null]],
      [null, [null]],
    ],
  ])('attribute %s', (value, want) => expect(attribute(value)).toEqual(want));

  const pointOf = (value: number | bigint, valueType: 0 | 1) => {
    const point = { startTime: [0, 0], endTime: [1, 0], attributes: { gone: undefined }, value } as const;
    const descriptor = { name: 'n', description: '', unit: '', valueType };
    const batch = metricsBatch([
      {
        resource: { attributes: {} },
        scopeMetrics: [{ scope: { name: '' }, metrics: [{ descriptor, dataPointType: 2, dataPoints: [point] }] }],
      },
    ]);
    return {
      proto: onlyPoint(readMetrics(decode(metricsRequest, encodeMetrics(batch)))),
      json: onlyPoint(readMetrics(decodeJson(metricsRequest, encodeMetricsJson(batch)))),
    };
  };
  const onlyPoint = (read: unknown): { value: unknown; attributes: unknown } =>
    (read as ReturnType<typeof metricsBatch>['resourceMetrics'])[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!;

  test.each<[number | bigint, 0 | 1, unknown]>([
    [1.5, 0, { asDouble: 1.5 }],
    [Number.NaN, 0, { asDouble: Number.NaN }],
    [2 ** 63, 0, { asDouble: 2 ** 63 }],
    [2n ** 64n - 1n, 0, { asDouble: 2 ** 64 }],
    [1e18 + 128, 0, { asInt: '1000000000000000128' }],
    [-1, 0, { asInt: '-1' }],
    [3, 1, { asDouble: 3 }],
    [3n, 1, { asInt: '3' }],
  ])('point %s of value type %s', (value, valueType, want) => {
    const { proto, json } = pointOf(value, valueType);
    expect(proto.value).toEqual(want);
    expect(json.value).toEqual(want);
    expect(proto.attributes).toEqual({});
    expect(json.attributes).toEqual({});
  });

  test('a time before 1970, and ids that are none, are left out', () => {
    const record = { observedTime: [-5, 0], attributes: {}, traceId: 'zz'.repeat(16), spanId: 'abc' } as const;
    const batch = logsBatch([
      { resource: { attributes: {} }, scopeLogs: [{ scope: { name: '' }, logRecords: [record] }] },
    ]);
    const wire = decode(logsRequest, encodeLogs(batch));
    expect(JSON.stringify(wire)).not.toContain('Id');
    expect(encodeLogsJson(batch)).not.toContain('Id');
    expect(readLogs(wire)).toMatchObject([{ scopeLogs: [{ logRecords: [{ observedTime: [0, 0] }] }] }]);
  });

  test('a lone surrogate becomes U+FFFD', () => expect(attributeText('\ud800x')).toBe('\ufffdx'));
  const attributeText = (text: string): string => {
    const batch = logsBatch([{ resource: { attributes: { text } }, scopeLogs: [] }]);
    const [{ resource }] = readLogs(decode(logsRequest, encodeLogs(batch))) as [
      { resource: { attributes: { text: string } } },
    ];
    return resource.attributes.text;
  };
});

test('a batch is encoded once, and its bytes are shared', () => {
  const batch = random(7).metrics();
  expect(encode(batch)).toBe(encode(batch));
  expect(encode(batch)).toEqual(encodeMetrics(batch));
  const records = random(7).logs();
  expect(encode(records)).toEqual(encodeLogs(records));
});

test('a batch greater than the first buffer', () => {
  const resourceLogs = Array.from({ length: 3000 }, (_, index) => ({
    resource: { attributes: { index, text: 'x'.repeat(2000) } },
    scopeLogs: [],
  }));
  expect(readLogs(decode(logsRequest, encodeLogs(logsBatch(resourceLogs))))).toEqual(resourceLogs);
});

test('two encodings one after the other are one encoding of both', () => {
  const [one, two] = [random(3).metrics(), random(4).metrics()];
  const both = decode(metricsRequest, Buffer.concat([encodeMetrics(one), encodeMetrics(two)]));
  expect(readMetrics(both)).toEqual(typed(metricsBatch([...one.resourceMetrics, ...two.resourceMetrics])));
});

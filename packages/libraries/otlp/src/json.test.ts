import type { LogsBatch, MetricsBatch, ResourceBatch } from '@millrace/core';
import { itemCount, PermanentError, profilesBatch, resourcesOf } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { mutate } from '../testdata/mutate.ts';
import { decode } from '../testdata/oracle.ts';
import { random } from '../testdata/random.ts';
import { randomRequest } from '../testdata/random-request.ts';
import { batchFromJson, batchFromRequest, encode, encodeJson } from './index.ts';

const metrics = (json: string): unknown =>
  decode('ExportMetricsServiceRequest', encode(batchFromJson('metrics', Buffer.from(json))));
const logs = (json: string): LogsBatch => batchFromJson('logs', Buffer.from(json)) as LogsBatch;
const record = (fields: string): LogsBatch['resourceLogs'][0]['scopeLogs'][0]['logRecords'][0] =>
  logs(`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{${fields}}]}]}]}`).resourceLogs[0]!.scopeLogs[0]!
    .logRecords[0]!;
const point = (fields: string): unknown =>
  (
    batchFromJson(
      'metrics',
      Buffer.from(`{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"gauge": {"dataPoints": [{${fields}}]}}]}]}]}`),
    ) as MetricsBatch
  ).resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints[0];

describe('OTLP/JSON is read by its own rules', () => {
  test.each<[string, object]>([
    ['"traceId": "5B8EFFF798038103d269b633813fc60c"', { traceId: '5b8efff798038103d269b633813fc60c' }],
    ['"spanId": "EEE19B7EC3C1B174", "traceId": ""', { spanId: 'eee19b7ec3c1b174', traceId: undefined }],
    ['"severityNumber": 9', { severityNumber: 9 }],
    ['"severityNumber": "SEVERITY_NUMBER_WARN2"', { severityNumber: 14 }],
    ['"severityNumber": "9"', { severityNumber: 9 }],
    ['"severityNumber": -7', { severityNumber: -7 }],
    ['"timeUnixNano": "1544712660300000001"', { time: [1_544_712_660, 300_000_001] }],
    ['"timeUnixNano": 1544712660300000001', { time: [1_544_712_660, 300_000_001] }],
    ['"time_unix_nano": "1", "severity_text": "x"', { time: [0, 1], severityText: 'x' }],
    ['"body": {"intValue": -9007199254740993}', { body: -9_007_199_254_740_993n }],
    ['"body": {"intValue": "-9007199254740993"}', { body: -9_007_199_254_740_993n }],
    ['"body": {"intValue": 5.0}', { body: 5 }],
    ['"body": {"intValue": 1e3}', { body: 1000 }],
    ['"body": {"doubleValue": 12345678901234567890}', { body: 12_345_678_901_234_567_000 }],
    ['"body": {"doubleValue": "NaN"}', { body: Number.NaN }],
    ['"body": {"doubleValue": "-Infinity"}', { body: -Infinity }],
    ['"body": {"doubleValue": "-0"}', { body: -0 }],
    ['"body": {"bytesValue": "-_8="}', { body: Uint8Array.of(251, 255) }],
    ['"body": {"bytesValue": "+/8"}', { body: Uint8Array.of(251, 255) }],
    ['"body": {"bool_value": false}', { body: false }],
    [
      '"body": {"kvlistValue": {"values": [{"key": "__proto__", "value": {}}]}}',
      { body: JSON.parse('{"__proto__": null}') },
    ],
    ['"body": {}', { body: null }],
    ['"body": null, "attributes": null, "flags": null', { body: undefined, attributes: {}, flags: undefined }],
    ['"unknown": {"anything": [1]}, "flags": 4294967295', { flags: 0xffff_ffff }],
    ['"body": {"stringValue": "first", "intValue": "2"}', { body: 2 }],
  ])('{%s}', (fields, want) => expect(record(fields)).toMatchObject(want));

  test('a point of each kind', () => {
    expect(point('"asInt": "9223372036854775807"')).toMatchObject({ value: 2n ** 63n - 1n });
    expect(point('"asInt": -5')).toMatchObject({ value: -5 });
    expect(point('"as_double": 1.5, "flags": 1')).toMatchObject({ value: undefined, flags: 1 });
  });

  test('enums by their names', () => {
    const named =
      '{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"sum": {"aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE"}}]}]}]}';
    expect(JSON.stringify(metrics(named))).toContain('"aggregationTemporality":2');
  });

  test('an empty object is an empty request', () => expect(itemCount(logs('{}'))).toBe(0));
});

describe('what is wrong is named with its path', () => {
  test.each([
    ['', 'The request is not JSON: '],
    ['{"resourceLogs": [}', 'The request is not JSON: '],
    ['[]', 'The request is wrong at its top: a list is not an object.'],
    ['null', 'The request is wrong at its top: null is not an object.'],
    ['{"resourceLogs": {}}', 'wrong at resourceLogs: an object is not a list.'],
    ['{"resourceLogs": [null]}', 'wrong at resourceLogs[0]: null is not an object.'],
    [
      '{"resourceLogs": [{}, {"scopeLogs": [{"logRecords": [{"severityText": 5}]}]}]}',
      'wrong at resourceLogs[1].scopeLogs[0].logRecords[0].severityText: 5 is not a string.',
    ],
    [
      '{"resourceLogs": [{"resource": {"droppedAttributesCount": -1}}]}',
      'droppedAttributesCount: -1 is not within uint32.',
    ],
    [
      '{"resourceLogs": [{"resource": {"droppedAttributesCount": 1.5}}]}',
      'droppedAttributesCount: 1.5 is not an integer.',
    ],
    [
      '{"resourceLogs": [{"resource": {"droppedAttributesCount": "1e3"}}]}',
      'droppedAttributesCount: "1e3" is not an integer.',
    ],
    ...[
      ['"timeUnixNano": "18446744073709551616"', 'timeUnixNano: "18446744073709551616" is not within fixed64.'],
      ['"timeUnixNano": 18446744073709551616', 'timeUnixNano: 18446744073709551616 is not within fixed64.'],
      ['"timeUnixNano": true', 'timeUnixNano: true is not an integer.'],
      ['"severityNumber": "LOUD"', 'severityNumber: "LOUD" is not an integer.'],
      ['"traceId": "5b8"', 'traceId: "5b8" is not 32 hexadecimal digits.'],
      ['"spanId": "EEE19B7EC3C1B17x"', 'spanId: "EEE19B7EC3C1B17x" is not 16 hexadecimal digits.'],
      ['"body": {"bytesValue": "é"}', 'body.bytesValue: "é" is not base64.'],
      ['"body": {"doubleValue": "much"}', 'body.doubleValue: "much" is not a number.'],
      ['"body": {"boolValue": "true"}', 'body.boolValue: "true" is neither true nor false.'],
      [`"body": {"stringValue": ${JSON.stringify(['x'.repeat(100)])}}`, 'body.stringValue: a list is not a string.'],
    ].map(
      ([fields, message]) => [`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{${fields}}]}]}]}`, message] as const,
    ),
  ] as readonly (readonly [string, string])[])('%s', (json, message) => {
    expect(() => logs(json)).toThrow(PermanentError);
    expect(() => logs(json)).toThrow(message);
  });

  test('bytes that are not UTF-8', () => {
    expect(() => batchFromJson('logs', Uint8Array.of(0x22, 0xff, 0x22))).toThrow('The request is not JSON');
  });

  test.each([100, 10_000, 100_000])('%i lists in lists', (depth) => {
    const any = `${'{"arrayValue":{"values":['.repeat(depth)}1234567890123456789${']}}'.repeat(depth)}`;
    const json = Buffer.from(`{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": ${any}}]}]}]}`);
    expect(() => batchFromJson('logs', json)).toThrow(PermanentError);
  });
});

test('damaged requests are refused with a PermanentError, or can be decoded', () => {
  const signals = ['metrics', 'logs', 'traces'] as const;
  const texts = signals.map((signal) =>
    Array.from({ length: 40 }, (_, seed) =>
      Buffer.from(encodeJson(batchFromRequest(signal, randomRequest(signal, random(seed + 1))))),
    ).filter(({ length }) => length < 8000),
  );
  let taken = 0;
  for (let seed = 0; seed < 4000; seed++) {
    const random_ = random(seed);
    const signal = signals[seed % 3]!;
    const json = mutate(random_.pick(texts[seed % 3]!), random_.pick(texts[seed % 3]!), random_);
    try {
      resourcesOf(batchFromJson(signal, json) as ResourceBatch);
      taken++;
    } catch (error) {
      expect(error, `seed ${seed}`).toBeInstanceOf(PermanentError);
    }
  }
  expect(taken).toBeGreaterThan(100);
});

test('profiles are not made JSON', () => {
  expect(() => encodeJson(profilesBatch(new Uint8Array(), 0))).toThrow(PermanentError);
});

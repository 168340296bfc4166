import type { Attributes, LogRecord, Scope } from '@millrace/core';
import { expect, test } from 'vitest';
import { record } from '../../testdata/batches.ts';
import type { Entry } from './entry.ts';
import { entryMaker } from './entry.ts';

const scope: Scope = { name: '' };
const untimed = { observedTime: [0, 0] } as const;

/** The entry of a record, without what is the same in all. */
function entry(
  of: Partial<LogRecord>,
  {
    resource = {},
    tags = [],
    in: inScope = scope,
  }: { resource?: Attributes; tags?: readonly string[]; in?: Scope } = {},
): Partial<Entry> {
  const make = entryMaker({ tags, hostname: 'here' });
  return JSON.parse(
    JSON.stringify(
      make({ ...record('hello', untimed), ...of }, { resource: { attributes: resource }, scope: inScope }),
    ),
  ) as Partial<Entry>;
}

const plain = { message: 'hello', ddsource: 'otlp_log_ingestion', hostname: 'here' };

test.each<[string, Partial<LogRecord>, object]>([
  ['a message', {}, {}],
  ['a message that is an attribute', { attributes: { MSG: 'said' } }, { message: 'said' }],
  ['a body that is a map', { body: { b: 1, a: [true] } }, { message: '{"a":[true],"b":1}' }],
  ['no body', { body: undefined }, { message: '' }],
  [
    'a status',
    { attributes: { level: 'Warning' }, severityText: 'INFO' },
    { status: 'Warning', 'otel.severity_text': 'INFO' },
  ],
  [
    'a severity in words',
    { severityText: 'NOTICE', severityNumber: 10 },
    { status: 'NOTICE', 'otel.severity_text': 'NOTICE', 'otel.severity_number': '10' },
  ],
  ['a service', { attributes: { 'service.name': 'shop' } }, { service: 'shop', 'service.name': 'shop' }],
  ['a host', { attributes: { 'host.name': 'web-1' } }, { hostname: 'web-1', 'host.name': 'web-1' }],
  ['a source', { attributes: { ddsource: 'nginx' } }, { ddsource: 'nginx' }],
  ['tags', { attributes: { ddtags: 'a:b,c:d' } }, { ddtags: 'a:b,c:d' }],
  [
    'a time',
    { time: [1_784_500_000, 123_456_789] },
    { '@timestamp': '2026-07-19T22:26:40.123Z', 'otel.timestamp': '1784500000123456789' },
  ],
  [
    'a time when it was observed',
    { observedTime: [1, 0] },
    { '@timestamp': '1970-01-01T00:00:01.000Z', 'otel.timestamp': '1000000000' },
  ],
  ['a time that is none', { time: [9e15, 0] }, { 'otel.timestamp': '9000000000000000000000000' }],
  ['an event', { eventName: 'browser.click' }, { 'otel.event_name': 'browser.click' }],
  [
    'a trace',
    { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' },
    {
      'dd.trace_id': '9532127138774266268',
      'otel.trace_id': '0af7651916cd43dd8448eb211c80319c',
      'dd.span_id': '13235353014750950193',
      'otel.span_id': 'b7ad6b7169203331',
    },
  ],
  [
    'a trace that is an attribute',
    { attributes: { trace_id: '0af7651916cd43dd8448eb211c80319c', spanId: 'zz' } },
    { 'dd.trace_id': '9532127138774266268', 'otel.trace_id': '0af7651916cd43dd8448eb211c80319c' },
  ],
  [
    'attributes, flattened',
    {
      attributes: {
        http: { method: 'GET', status: 200 },
        ok: true,
        list: [1, { a: { b: 2 } }, null],
        n: null,
        bytes: new Uint8Array([1, 2]),
      },
    },
    { 'http.method': 'GET', 'http.status': 200, ok: true, list: [1, { 'a.b': 2 }, ''], n: '', bytes: 'AQI=' },
  ],
  [
    'numbers that JSON has not',
    { attributes: { a: Number.NaN, b: Infinity, c: 2n ** 60n } },
    { a: 'NaN', b: 'Infinity', c: '1152921504606846976' },
  ],
])('%s', (_name, of, want) => expect(entry(of)).toEqual({ ...plain, ...want }));

test.each([
  [1, 'trace'],
  [4, 'trace'],
  [5, 'debug'],
  [9, 'info'],
  [13, 'warn'],
  [17, 'error'],
  [21, 'fatal'],
  [24, 'fatal'],
  [25, 'error'],
])('severity number %d is %s', (severityNumber, want) => expect(entry({ severityNumber })['status']).toBe(want));

test('of a resource', () => {
  const resource = {
    'service.name': 'shop',
    'host.name': 'web-1',
    'deployment.environment.name': 'prod',
    service: 'x',
    'process.pid': 7,
    same: 'r',
  };
  expect(entry({ attributes: { ddtags: 'mine:1', same: 'l' } }, { resource, tags: ['team:a'] })).toEqual({
    ...plain,
    hostname: 'web-1',
    service: 'shop',
    ddtags: 'team:a,service:shop,env:prod,service:x,mine:1',
    'service.name': 'shop',
    'host.name': 'web-1',
    'deployment.environment.name': 'prod',
    'otel.service': 'x',
    'process.pid': '7',
    same: 'r',
  });
});

test('of a scope', () => {
  const named = { name: 'lib', version: '1', attributes: { area: 'x' } };
  expect(entry({}, { in: named })).toEqual({
    ...plain,
    'otel.scope.name': 'lib',
    'otel.scope.version': '1',
    area: 'x',
  });
  expect(entry({ attributes: { 'otel.library.name': 'old' } }, { in: named })['otel.scope.name']).toBe('old');
});

test('of what is on no host', () =>
  expect(
    entry(
      {},
      { resource: { 'cloud.platform': 'aws_ecs', 'aws.ecs.launchtype': 'fargate', 'aws.ecs.task.arn': 'arn' } },
    ),
  ).not.toHaveProperty('hostname'));

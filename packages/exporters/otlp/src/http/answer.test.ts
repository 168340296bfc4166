import { createCollector, describeError } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { encode, gauge, profile, record, spans } from '../../testdata/batches.ts';
import { backend, exporter } from '../../testdata/http.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import { otlpHttp } from './exporter.ts';

const json = { 'content-type': 'application/json; charset=utf-8' };
const protobuf = { 'content-type': 'application/x-protobuf' };

test.each([
  [
    'protobuf',
    protobuf,
    encode('ExportLogsServiceResponse', { partialSuccess: { rejectedLogRecords: 2, errorMessage: 'too old' } }),
  ],
  ['JSON', json, Buffer.from('{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}')],
])('a partial success in %s is counted, and its message is logged once', async (_name, headers, body) => {
  const { endpoint } = await backend((response) => void response.writeHead(200, headers).end(body));
  const context = testContext();
  const out = exporter({ endpoint }, context);
  await out.consume(record());
  expect(context.dropped).toEqual({ rejected_by_backend: 2 });
  await out.consume(record());
  expect(context.dropped).toEqual({ rejected_by_backend: 4 });
  expect(context.lines).toMatchObject([{ level: 'warn', fields: { rejected: 2, said: 'too old' } }]);
});

test('a partial success is told without secrets, and not at any length', async () => {
  const error = `no place for s3cret-token ${'y'.repeat(60_000)}`;
  const body = encode('ExportLogsServiceResponse', {
    partialSuccess: { rejectedLogRecords: 2, errorMessage: error },
  });
  const { endpoint } = await backend((response) => void response.writeHead(200, protobuf).end(body));
  const context = testContext();
  await exporter({ endpoint, headers: { authorization: 'Bearer s3cret-token' } }, context).consume(record());
  const { said } = context.lines[0]!.fields as { said: string };
  expect(said).toMatch(/^no place for \[redacted\] y+…$/);
  expect(said.length).toBe(257);
});

test.each([
  [gauge(5), 'Metrics', 'rejectedDataPoints'],
  [record(), 'Logs', 'rejectedLogRecords'],
  [spans(), 'Trace', 'rejectedSpans'],
  [profile(), 'Profiles', 'rejectedProfiles'],
])('rejected items of each signal: %#', async (batch, signal, field) => {
  const partialSuccess = { [field]: 3, errorMessage: 'no' };
  const bodies = [
    [protobuf, encode(`Export${signal}ServiceResponse`, { partialSuccess })],
    [json, JSON.stringify({ partialSuccess })],
  ] as const;
  for (const [headers, body] of bodies) {
    const { endpoint } = await backend((response) => void response.writeHead(200, headers).end(body));
    const context = testContext();
    await exporter({ endpoint }, context).consume(batch);
    expect(context.dropped).toEqual({ rejected_by_backend: 3 });
  }
});

test.each([gauge(), record(), spans(), profile()])(
  'answers have the same meaning for every signal: %#',
  async (batch) => {
    const statuses = [400, 429, 500, 503];
    const { endpoint } = await backend(
      (response) => void response.writeHead(statuses.shift()!, { 'retry-after': '3' }).end(),
    );
    const out = exporter({ endpoint });
    const kinds: string[] = [];
    for (let time = 0; time < 4; time++) kinds.push(kindOf(await errorOf(out.consume(batch))));
    expect(kinds).toEqual(['permanent', 'throttle 3000', 'permanent', 'throttle 3000']);
  },
);

test.each<[number, object, string | Buffer]>([
  [200, json, '{}'],
  [200, json, ''],
  [202, protobuf, Buffer.alloc(0)],
  [204, {}, ''],
  [200, { 'content-type': 'text/plain' }, 'Thanks!'],
])('status %s with %j is a success', async (status, headers, body) => {
  const { endpoint } = await backend((response) => void response.writeHead(status, { ...headers }).end(body));
  await exporter({ endpoint }).consume(gauge());
});

test.each<[object, string]>([
  [protobuf, '<html>'],
  [json, '{"partialSuccess":'],
  [json, `{"x":"${'y'.repeat(200_000)}"}`],
])('what was taken with an answer that cannot be read is not sent again: %j', async (headers, body) => {
  const { endpoint, received } = await backend((response) => void response.writeHead(200, { ...headers }).end(body));
  const lines: object[] = [];
  const log = { ...testContext().log, warn: (fields: object, message: string) => void lines.push({ fields, message }) };
  const one = await createCollector(
    {
      receivers: { push: {} },
      exporters: { otlp_http: { endpoint, sending_queue: { batch: { min_size: 4 } } } },
      service: { pipelines: { metrics: { receivers: ['push'], exporters: ['otlp_http'] } } },
    },
    { components: [otlpHttp], log },
  );
  await one.start();
  for (let time = 0; time < 8; time++) await one.push(gauge(1));
  await one.shutdown();
  // Batches of four, which would go again in parts if they were refused.
  expect(received).toHaveLength(2);
  expect(lines).toEqual([
    expect.objectContaining({ message: 'The backend took a request, but its answer cannot be read.' }),
  ]);
});

const status = encode('Status', { code: 3, message: 'no such tenant' });
test.each<[string, number, Record<string, string>, string | Buffer, RegExp]>([
  ['permanent', 301, { location: 'https://other/?key=1' }, '', /redirects to https:\/\/other\/, which/],
  ['permanent', 400, protobuf, status, /HTTP status 400: no such tenant$/],
  ['permanent', 400, json, '{"code":3,"message":"no such tenant"}', /HTTP status 400: no such tenant$/],
  [
    'permanent',
    401,
    { 'content-type': 'text/plain' },
    'bad token s3cret-token\n',
    /HTTP status 401: bad token \[redacted\]$/,
  ],
  ['permanent', 403, protobuf, 'garbage', /HTTP status 403$/],
  ['permanent', 404, {}, `${'long '.repeat(200)}`, /HTTP status 404: .{256}…$/],
  ['permanent', 404, {}, `${'y'.repeat(250)}s3cret-token`, /HTTP status 404: y{250}\[redac…$/],
  ['permanent', 413, {}, '', /HTTP status 413$/],
  ['permanent', 500, {}, '', /HTTP status 500$/],
  ['retry', 429, {}, 'slow down', /HTTP status 429: slow down$/],
  ['throttle 7000', 429, { 'retry-after': '7' }, '', /429/],
  ['retry', 502, { 'retry-after': '7' }, '', /502/],
  ['retry', 503, { 'retry-after': 'soon' }, '', /503/],
  ['throttle 86400000', 503, { 'retry-after': '1784500000' }, '', /503/],
  ['throttle 30000', 503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, '', /503/],
  ['retry', 504, {}, '', /504/],
])('%s: status %s %j', async (kind, code, headers, body, want) => {
  const { endpoint } = await backend((response) => void response.writeHead(code, headers).end(body));
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const secret = { authorization: 'Bearer s3cret-token' };
  const error = await errorOf(exporter({ endpoint, headers: secret }, testContext({ clock })).consume(gauge()));
  expect(describeError(error)).toMatch(want);
  expect(error.message).toContain(`${endpoint}/v1/metrics: `);
  expect(kindOf(error)).toBe(kind);
});

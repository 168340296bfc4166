import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { mergeBatches, resolveConfig } from '@millrace/core';
import { freePort } from '@millrace/core/testing';
import { batchFromRequest, encode as encodeBatch } from '@millrace/otlp';
import { expect, test } from 'vitest';
import { decode, gauge, profile, record, services, spans } from '../../testdata/batches.ts';
import type { Input, Received } from '../../testdata/http.ts';
import { backend, exporter } from '../../testdata/http.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import { otlpHttp } from './exporter.ts';

const decompress = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (bytes: Buffer) => bytes } as const;

test.each(['gzip', 'zstd', 'none'] as const)('protobuf, compression %s', async (compression) => {
  const { endpoint, received } = await backend();
  const headers = { Authorization: 'Bearer s3cret', 'user-agent': 'mine/1' };
  const out = exporter({ endpoint, compression, headers });
  await out.start?.();
  await out.consume(gauge(3));
  await out.consume(gauge(0));
  const [{ request, body } = {} as Received] = received;
  expect(received).toHaveLength(1);
  expect([request.method, request.url]).toEqual(['POST', '/v1/metrics']);
  expect(request.headers).toMatchObject({
    authorization: 'Bearer s3cret',
    'content-type': 'application/x-protobuf',
    'content-length': String(body.length),
    'user-agent': 'mine/1',
  });
  expect(request.headers['content-encoding']).toBe(compression === 'none' ? undefined : compression);
  expect(decode('ExportMetricsServiceRequest', decompress[compression](body))).toMatchObject({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue.size', gauge: { dataPoints: { length: 3 } } }] }] }],
  });
});

test('JSON', async () => {
  const { endpoint, received } = await backend();
  await exporter({ endpoint, encoding: 'json' }).consume(record('hello'));
  const [{ request, body } = {} as Received] = received;
  expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
  expect(request.headers['user-agent']).toMatch(/^millrace\/\d/);
  expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
  });
});

test('JSON of traces, but not of profiles', async () => {
  const { endpoint, received } = await backend();
  const out = exporter({ endpoint, encoding: 'json', compression: 'none' });
  await out.consume(spans(['GET /']));
  expect(JSON.parse(received[0]!.body.toString())).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0af7651916cd43dd8448eb211c80319c', name: 'GET /' }] }] }],
  });
  const error = await errorOf(out.consume(profile()));
  expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('set encoding to proto')]);
});

test('what came as bytes goes as it came, what was merged in pieces', async () => {
  const { endpoint, received } = await backend();
  const out = exporter({ endpoint, compression: 'none' });
  const [one, two] = [services(['a']), services(['b', 'c'])];
  await out.consume(batchFromRequest('metrics', encodeBatch(one)));
  await out.consume(mergeBatches([one, two]));
  await out.consume(profile());
  expect(received.map(({ body }) => body)).toEqual([
    Buffer.from(encodeBatch(one)),
    Buffer.concat([encodeBatch(one), encodeBatch(two)]),
    profile().request,
  ]);
});

test('to the URLs of the signals', async () => {
  const { endpoint, received } = await backend();
  const paths = async (input: Input): Promise<string[]> => {
    const out = exporter(input);
    received.length = 0;
    await out.consume(gauge());
    await out.consume(record());
    await out.consume(spans());
    await out.consume(profile());
    return received.map(({ request }) => request.url!);
  };
  const own = ['/v1/metrics', '/v1/logs', '/v1/traces', '/v1development/profiles'];
  expect(await paths({ endpoint: `${endpoint}/` })).toEqual(own);
  expect(await paths({ endpoint: `${endpoint}/otlp/?k=v` })).toEqual(own.map((path) => `/otlp${path}?k=v`));
  const elsewhere = {
    logs_endpoint: `${endpoint}/insert/otlp`,
    traces_endpoint: `${endpoint}/spans`,
    profiles_endpoint: `${endpoint}/profiles`,
  };
  expect(await paths({ endpoint, ...elsewhere })).toEqual(['/v1/metrics', '/insert/otlp', '/spans', '/profiles']);
  const error = await errorOf(exporter({ metrics_endpoint: endpoint }).consume(record()));
  expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('set logs_endpoint')]);
});

test('diagnose asks each server once', async () => {
  const { endpoint } = await backend();
  const port = await freePort();
  const config = { endpoint, logs_endpoint: `http://[::1]:${port}/logs` };
  const findings = await otlpHttp.diagnose!(resolveConfig(otlpHttp.config, config));
  expect(findings.map(({ level }) => level)).toEqual(['ok', 'warning']);
  expect(await otlpHttp.diagnose!(resolveConfig(otlpHttp.config, { endpoint }))).toHaveLength(1);
});

test('check', () => {
  const problems = (input: Input): string =>
    otlpHttp.check!(resolveConfig(otlpHttp.config, input))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  expect(problems({ endpoint: 'https://otel.example/otlp', headers: { 'x-scope-orgid': '1' } })).toBe('');
  expect(problems({})).toMatch(/^: An endpoint is needed/);
  expect(problems({ endpoint: 'localhost:4318' })).toMatch(/^endpoint: .*http:\/\/ or https:\/\/\.$/);
  expect(problems({ logs_endpoint: 'ftp://x' })).toMatch(/^logs_endpoint: /);
  expect(problems({ endpoints: ['http://a', 'b:1'] })).toMatch(/^endpoints\.1: endpoints\.1 must be a URL/);
  expect(problems({ endpoints: ['http://a'], traces_endpoint: 'http://b' })).toMatch(
    /^traces_endpoint: .*is one place/,
  );
  expect(problems({ endpoint: 'http://a', load_balancing: {} })).toMatch(/^load_balancing: There is one endpoint only/);
  const bad = problems({
    endpoint: 'http://a',
    headers: { 'Content-Type': 'v4lue', x: 'v4l\nue' },
    tls: { cert_file: 'c' },
  });
  expect(bad).toMatch(/headers\.Content-Type: .*set by the exporter/);
  expect(bad).toMatch(/headers\.x: .*characters that HTTP does not allow/);
  expect(bad).toMatch(/tls: cert_file and key_file/);
  expect(bad).not.toMatch(/v4l/);
});

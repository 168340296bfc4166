import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metadata } from '@grpc/grpc-js';
import { mergeBatches, metricsBatch, resolveConfig } from '@millrace/core';
import { batchFromRequest, encode as encodeBatch } from '@millrace/otlp';
import { expect, onTestFinished, test } from 'vitest';
import { decode, gauge, profile, record, services, spans } from '../../testdata/batches.ts';
import { exporter, insecure, running, takes } from '../../testdata/grpc.ts';
import { answer, grpcServer, rawServer } from '../../testdata/servers.ts';
import { otlp } from './exporter.ts';

test('every signal, to the method of its service', async () => {
  const got: [string, Buffer][] = [];
  const server = running(
    await grpcServer((call, reply) => {
      got.push([call.getPath(), call.request]);
      reply(null, Buffer.alloc(0));
    }),
  );
  const out = exporter(insecure(server.port));
  await out.start?.();
  await out.consume(gauge(3));
  await out.consume(record('hello'));
  await out.consume(spans(['GET /', 'SELECT']));
  await out.consume(profile());
  await out.consume(metricsBatch([]));
  expect(got.map(([path]) => path)).toEqual([
    '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
  ]);
  expect(decode('ExportTraceServiceRequest', got[2]![1])).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'GET /' }, { name: 'SELECT' }] }] }],
  });
  expect(got[3]![1]).toEqual(profile().request);
  expect(decode('ExportMetricsServiceRequest', got[0]![1])).toMatchObject({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'queue.size', gauge: { dataPoints: { length: 3 } } }] }] }],
  });
  expect(decode('ExportLogsServiceRequest', got[1]![1])).toMatchObject({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
  });
});

test('a body greater than the flow-control window', async () => {
  let received: Buffer | undefined;
  const server = running(
    await grpcServer((call, reply) => {
      received = call.request;
      reply(null, Buffer.alloc(0));
    }),
  );
  await exporter({ ...insecure(server.port), compression: 'none' }).consume(gauge(20_000));
  expect(received!.length).toBeGreaterThan(700_000);
  expect(decode('ExportMetricsServiceRequest', received!)).toMatchObject({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: { length: 20_000 } } }] }] }],
  });
});

test('headers and authority, binary ones too', async () => {
  let metadata: Metadata | undefined;
  const server = running(
    await grpcServer((call, reply) => {
      metadata = call.metadata;
      reply(null, Buffer.alloc(0));
    }),
  );
  const headers = { Authorization: 'Bearer s3cret', 'tenant-bin': 'Zürich' };
  await exporter({ ...insecure(server.port), headers, authority: 'otlp.example' }).consume(gauge());
  expect(metadata?.get('authorization')).toEqual(['Bearer s3cret']);
  expect(metadata?.get('tenant-bin')).toEqual([Buffer.from('Zürich')]);
});

test.each([
  ['http://', {}],
  ['dns:///', { insecure: true }],
  ['', { insecure: true }],
])('an endpoint that begins with %j', async (scheme, tls) => {
  const server = running(await grpcServer(takes));
  await exporter({ endpoint: `${scheme}localhost:${server.port}`, tls }).consume(gauge());
});

test('what came as bytes goes as it came, what was merged in pieces', async () => {
  const server = running(await rawServer((stream) => answer(stream)));
  const [one, two] = [services(['a']), services(['b', 'c'])];
  const bytes = encodeBatch(one);
  const out = exporter({ ...insecure(server.port), compression: 'none' });
  await out.consume(batchFromRequest('metrics', bytes));
  await out.consume(mergeBatches([one, two]));
  expect(server.requests[0]!.body.subarray(5)).toEqual(Buffer.from(bytes));
  expect(server.requests[1]!.body.subarray(5)).toEqual(Buffer.concat([bytes, encodeBatch(two)]));
  expect(server.requests[1]!.body.readUInt32BE(1)).toBe(server.requests[1]!.body.length - 5);
});

test('over a unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-unix-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  running(await grpcServer(takes, { address: `unix:${folder}/socket` }));
  await exporter({ endpoint: `unix://${folder}/socket`, tls: { insecure: true } }).consume(gauge());
  await exporter({ endpoint: `unix:${folder}/socket`, tls: { insecure: true } }).consume(gauge());
});

test('diagnose says whether the server answers', async () => {
  const server = await grpcServer(takes);
  const levels = async (endpoint: string): Promise<string[]> =>
    (await otlp.diagnose!(resolveConfig(otlp.config, { endpoint }))).map(({ level }) => level);
  expect(await levels(`127.0.0.1:${server.port}`)).toEqual(['ok']);
  await server.stop();
  expect(await levels(`127.0.0.1:${server.port}`)).toEqual(['warning']);
  expect(await levels('unix:/run/otlp')).toEqual([]);
});

// What others send with: the official SDK's exporters, gRPC's own client for JavaScript, and our exporters.
import { credentials, Client, Metadata } from '@grpc/grpc-js';
import otlpExporters from '@millrace/exporter-otlp';
import type { Batch, ResourceBatch } from '@millrace/core';
import {
  byteSize,
  itemCount,
  mergeBatches,
  metricsBatch,
  PermanentError,
  resolveConfig,
  resourcesOf,
  systemClock,
  ThrottleError,
} from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { batchFromRequest } from '@millrace/otlp';
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter as LogGrpc } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as LogHttp } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogProto } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as MetricHttp } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricProto } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TraceGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as TraceHttp } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TraceProto } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, test } from 'vitest';
import { metricsPath } from '../testdata/clients.ts';
import type { Running } from '../testdata/receiver.ts';
import { startReceiver, stopAll } from '../testdata/receiver.ts';
import { metricsRequest } from '../testdata/requests.ts';

afterEach(stopAll);

const resource = resourceFromAttributes({ 'service.name': 'shop' });
const request = metricsRequest(3);

const ways = ['gRPC', 'HTTP/JSON', 'HTTP/protobuf'] as const;
type Way = (typeof ways)[number];

const urlOf = (way: Way, running: Running, signal: string): string =>
  way === 'gRPC' ? `http://127.0.0.1:${running.grpc}` : `http://127.0.0.1:${running.http}/v1/${signal}`;

const only = ({ batches }: Running): Batch => {
  expect(batches).toHaveLength(1);
  return batches[0]!;
};

describe.each(ways)('the SDK over %s', (way) => {
  test.each(['none', 'gzip'] as const)('metrics, compression %s', async (compression) => {
    const running = await startReceiver();
    const Exporter = { gRPC: MetricGrpc, 'HTTP/JSON': MetricHttp, 'HTTP/protobuf': MetricProto }[way];
    const exporter = new Exporter({ url: urlOf(way, running, 'metrics'), compression: compression as never });
    const provider = new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({ exporter })] });
    const meter = provider.getMeter('test');
    meter.createCounter('orders').add(7, { kind: 'a' });
    meter.createHistogram('latency', { unit: 's' }).record(0.5);
    await provider.forceFlush();
    await provider.shutdown();
    const [batch] = running.batches;
    if (batch?.signal !== 'metrics') throw new Error('There are no metrics.');
    const [{ resource: from, scopeMetrics }] = batch.resourceMetrics as [(typeof batch.resourceMetrics)[0]];
    expect(from.attributes).toMatchObject({ 'service.name': 'shop' });
    expect(scopeMetrics[0]!.scope.name).toBe('test');
    expect(scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.length])).toEqual([
      ['orders', 1],
      ['latency', 1],
    ]);
    expect(scopeMetrics[0]!.metrics[0]!.dataPoints[0]).toMatchObject({ value: 7, attributes: { kind: 'a' } });
  });

  test('logs', async () => {
    const running = await startReceiver();
    const Exporter = { gRPC: LogGrpc, 'HTTP/JSON': LogHttp, 'HTTP/protobuf': LogProto }[way];
    const exporter = new Exporter({ url: urlOf(way, running, 'logs') });
    const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
    provider.getLogger('test').emit({ body: 'It rains.', severityNumber: SeverityNumber.WARN });
    await provider.forceFlush();
    await provider.shutdown();
    const batch = only(running);
    if (batch.signal !== 'logs') throw new Error('There are no logs.');
    expect(batch.resourceLogs[0]!.scopeLogs[0]!.logRecords).toMatchObject([{ body: 'It rains.', severityNumber: 13 }]);
  });

  test('traces', async () => {
    const running = await startReceiver();
    const Exporter = { gRPC: TraceGrpc, 'HTTP/JSON': TraceHttp, 'HTTP/protobuf': TraceProto }[way];
    const exporter = new Exporter({ url: urlOf(way, running, 'traces') });

    const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const span = provider.getTracer('test').startSpan('checkout', { attributes: { items: 3 } });
    span.end();
    await provider.forceFlush();
    await provider.shutdown();
    const batch = only(running);
    if (batch.signal !== 'traces') throw new Error('There are no traces.');
    const { traceId, spanId } = span.spanContext();
    expect(batch.resourceSpans[0]!.scopeSpans[0]!.spans).toMatchObject([
      { name: 'checkout', traceId, spanId, attributes: { items: 3 } },
    ]);
  });
});

describe('gRPC for JavaScript', () => {
  const id = (bytes: Buffer): Buffer => bytes;
  const call = (port: number, bytes: Buffer, options: object = {}) =>
    new Promise<{ code: number; details: string; metadata: Metadata; body?: Buffer }>((resolve) => {
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
      client.makeUnaryRequest(metricsPath, id, id, bytes, new Metadata(), {}, (error, body) => {
        client.close();
        resolve(error ?? { code: 0, details: '', metadata: new Metadata(), body: body! });
      });
    });

  test('a success is one message', async () => {
    const running = await startReceiver();
    expect(await call(running.grpc, request)).toMatchObject({ code: 0, body: Buffer.alloc(0) });
    expect(await call(running.grpc, request, { 'grpc.default_compression_algorithm': 2 })).toMatchObject({ code: 0 });
    expect(running.batches.map(byteSize)).toEqual([request.length, request.length]);
  });

  test('a refusal has its code, its words and its time', async () => {
    const { grpc } = await startReceiver({
      next: async () => {
        throw new ThrottleError('höher geht’s nicht, 100 %', 5000);
      },
    });
    const { code, details, metadata } = await call(grpc, request);
    expect({ code, details }).toEqual({ code: 8, details: 'höher geht’s nicht, 100 %' });
    expect(metadata.get('grpc-status-details-bin')).toHaveLength(1);
  });

  test('a message above the limit', async () => {
    const { grpc } = await startReceiver();
    expect(await call(grpc, Buffer.alloc(6 * 1024 * 1024))).toMatchObject({ code: 8 });
  });
});

describe('our exporters', () => {
  const [otlp, otlpHttp] = otlpExporters;
  const grpcTo = (port: number) =>
    otlp.create(
      resolveConfig(otlp.config, { endpoint: `127.0.0.1:${port}`, tls: { insecure: true } }),
      testContext({ clock: systemClock }),
    );
  const httpTo = (port: number) =>
    otlpHttp.create(
      resolveConfig(otlpHttp.config, { endpoint: `http://127.0.0.1:${port}`, compression: 'zstd' }),
      testContext({ clock: systemClock }),
    );
  const batch = batchFromRequest('metrics', request);

  test('send what arrives as it was', async () => {
    const running = await startReceiver();
    const exporters = [grpcTo(running.grpc), httpTo(running.http)];
    for (const exporter of exporters) {
      await exporter.start?.();
      await exporter.consume(batch);
      await exporter.consume(mergeBatches([batch, batch]));
      await exporter.consume(metricsBatch(resourcesOf(batch as ResourceBatch) as never));
      await exporter.shutdown!(AbortSignal.timeout(1000));
    }
    expect(running.batches.map(itemCount)).toEqual([3, 6, 3, 3, 6, 3]);
    for (const index of [0, 3])
      expect(resourcesOf(running.batches[index] as ResourceBatch)).toEqual(resourcesOf(batch as ResourceBatch));
  });

  test.each([
    ['never', new PermanentError('no'), PermanentError],
    ['later', new ThrottleError('slow down', 3000), ThrottleError],
    ['perhaps', new Error('down'), Error],
  ])('hear %s as what it was', async (_name, error, want) => {
    const { grpc, http } = await startReceiver({
      next: async () => {
        throw error;
      },
    });
    for (const exporter of [grpcTo(grpc), httpTo(http)]) {
      await exporter.start?.();
      const rejection: unknown = await exporter.consume(batch).catch((reason: unknown) => reason);
      expect(rejection).toBeInstanceOf(want);
      if (rejection instanceof ThrottleError) expect(rejection.retryAfterMs).toBe(3000);
      if (want === Error) expect(rejection).not.toBeInstanceOf(PermanentError);
      await exporter.shutdown!(AbortSignal.timeout(1000));
    }
  });
});

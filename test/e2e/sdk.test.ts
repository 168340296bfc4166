// The official SDK exporters, to a server directly and through Millrace: an independent decoder reads the same.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SeverityNumber, TraceFlags } from '@opentelemetry/api';
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
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  InMemoryMetricExporter,
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@millrace/core/testing';
import { meaning } from '../../packages/libraries/otlp/testdata/oracle.ts';
import { millrace, type Program } from './program.ts';

const messages = {
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
  traces: 'ExportTraceServiceRequest',
} as const;
type Signal = keyof typeof messages;

const captured: Record<Signal, unknown[]> = { metrics: [], logs: [], traces: [] };
const server = createHttpServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const signal = request.url!.slice('/v1/'.length) as Signal;
    const body = Buffer.concat(chunks);
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    captured[signal].push(meaning(messages[signal], bytes));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});

let place = '';
let program: Program;
const ports = { server: 0, grpc: 0, http: 0 };

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports.server = (server.address() as AddressInfo).port;
  ports.grpc = await freePort();
  ports.http = await freePort();
  place = mkdtempSync(join(tmpdir(), 'millrace-sdk-'));
  const config = join(place, 'millrace.yaml');
  writeFileSync(
    config,
    `
receivers: { otlp: { protocols: { grpc: { endpoint: 127.0.0.1:${ports.grpc} }, http: { endpoint: 127.0.0.1:${ports.http} } } } }
processors:
  attributes: { actions: [{ key: no.such.attribute, action: delete }] } # has to look at every item
exporters: { otlp_http: { endpoint: http://127.0.0.1:${ports.server} } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [otlp], processors: [attributes], exporters: [otlp_http] }
    logs: { receivers: [otlp], processors: [attributes], exporters: [otlp_http] }
    traces: { receivers: [otlp], processors: [attributes], exporters: [otlp_http] }
`,
  );
  program = millrace(['run', config]);
  await program.saw(/Everything has started/);
});
afterAll(async () => {
  await program.stop();
  server.close();
  rmSync(place, { recursive: true });
});

const resource = resourceFromAttributes({
  'service.name': 'shop',
  'host.cpus': 4,
  'host.load': 0.5,
  tags: ['a', 'ü'],
  ok: true,
});

/** One of every instrument and aggregation, as the SDK collects them. */
async function collectedMetrics() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter })],
    views: [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('shop', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.37.0' });
  meter.createCounter('orders', { unit: '{order}', description: 'Orders.' }).add(2 ** 40, { kind: 'a', n: 1 });
  meter.createUpDownCounter('stock').add(-7.25, { place: 'Köln' });
  meter.createGauge('temperature', { unit: 'Cel' }).record(21.5);
  const [latency, size] = [
    meter.createHistogram('latency', { unit: 's' }),
    meter.createHistogram('size', { unit: 'By' }),
  ];
  for (const value of [0.001, 0.3, 7, 100_000]) {
    latency.record(value, { route: '/' });
    size.record(value * 1000);
  }
  await provider.forceFlush();
  return exporter.getMetrics()[0]!;
}

async function finishedSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('shop', '1.2.3');
  const link = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  };
  const span = tracer.startSpan('checkout', { kind: 2, links: [{ context: link, attributes: { why: 'retry' } }] });
  span.setAttributes({ items: 3, price: 9.99, names: ['x', 'y'], paid: true }).addEvent('paid', { by: 'card' });
  span.setStatus({ code: 2, message: 'too late' }).end();
  return exporter.getFinishedSpans();
}

async function emittedLogs() {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger('shop', '1.2.3');
  logger.emit({ body: 'It rains.', severityNumber: SeverityNumber.WARN, severityText: 'WARN', attributes: { a: 1.5 } });
  logger.emit({ body: { nested: [1, 'two', null, { three: true }] }, eventName: 'deep', timestamp: 1_790_000_000_000 });
  return exporter.getFinishedLogRecords();
}

const ways = {
  gRPC: { metrics: MetricGrpc, logs: LogGrpc, traces: TraceGrpc },
  'HTTP/JSON': { metrics: MetricHttp, logs: LogHttp, traces: TraceHttp },
  'HTTP/protobuf': { metrics: MetricProto, logs: LogProto, traces: TraceProto },
} as const;
const make = { metrics: collectedMetrics, logs: emittedLogs, traces: finishedSpans } as const;

interface Exporter {
  export(data: unknown, done: (result: { code: number; error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

async function send(Way: new (options: object) => unknown, url: string, data: unknown): Promise<void> {
  const exporter = new Way({ url }) as Exporter;
  const { code, error } = await new Promise<{ code: number; error?: Error }>((resolve) =>
    exporter.export(data, resolve),
  );
  await exporter.shutdown();
  if (code !== 0) throw error ?? new Error(`code ${code}`);
}

describe.each(Object.keys(ways) as (keyof typeof ways)[])('over %s', (way) => {
  test.each(['metrics', 'logs', 'traces'] as const)('%s', async (signal) => {
    const data = await make[signal]();
    captured[signal].length = 0;
    await send(ways['HTTP/protobuf'][signal] as never, `http://127.0.0.1:${ports.server}/v1/${signal}`, data);
    const url = way === 'gRPC' ? `http://127.0.0.1:${ports.grpc}` : `http://127.0.0.1:${ports.http}/v1/${signal}`;
    await send(ways[way][signal] as never, url, data);
    await expect.poll(() => captured[signal].length, { timeout: 5_000 }).toBe(2);
    const [direct, through] = captured[signal];
    expect(JSON.stringify(direct).length).toBeGreaterThan(400);
    expect(through).toEqual(direct);
  });
});

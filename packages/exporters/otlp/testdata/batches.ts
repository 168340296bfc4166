import { createRequire } from 'node:module';
import type { LogsBatch, MetricsBatch, ProfilesBatch, TracesBatch } from '@millrace/core';
import { logsBatch, metricsBatch, profilesBatch, tracesBatch } from '@millrace/core';
import protobuf from 'protobufjs';

const otlp = createRequire(import.meta.url).resolve('@millrace/otlp/package.json');
const root = protobuf.loadSync(otlp.replace('package.json', 'testdata/otlp.proto'));

// opentelemetry/proto/collector/trace/v1/trace_service.proto, profiles/v1development/profiles_service.proto: what is looked at.
if (!root.get('ExportTraceServiceRequest'))
  protobuf.parse(
    `syntax = "proto3";
    message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
    message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
    message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; }
    message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; }`,
    root,
  );
for (const [signal, rejected] of [
  ['Trace', 'spans'],
  ['Profiles', 'profiles'],
])
  if (!root.get(`Export${signal}ServiceResponse`))
    protobuf.parse(
      `syntax = "proto3";
      message Export${signal}ServiceResponse { Export${signal}PartialSuccess partial_success = 1; }
      message Export${signal}PartialSuccess { int64 rejected_${rejected} = 1; string error_message = 2; }`,
      root,
    );

export const encode = (message: string, object: object): Buffer =>
  Buffer.from(root.lookupType(message).encode(root.lookupType(message).fromObject(object)).finish());

export const decode = (message: string, bytes: Uint8Array): Readonly<Record<string, unknown>> =>
  root.lookupType(message).toObject(root.lookupType(message).decode(bytes), { longs: String });

/** A gauge with so many points. */
export const gauge = (points = 1): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: { 'service.name': 'shop' } },
      scopeMetrics: [
        {
          scope: { name: 'test' },
          metrics: [
            {
              descriptor: { name: 'queue.size', description: '', unit: '{item}', valueType: 0 },
              dataPointType: 2,
              dataPoints: Array.from({ length: points }, (_, value) => ({
                startTime: [0, 0],
                endTime: [1_784_500_000, 0],
                attributes: { queue: `q${value}` },
                value,
              })),
            },
          ],
        },
      ],
    },
  ]);

export const record = (body = 'It rains.'): LogsBatch =>
  logsBatch([
    {
      resource: { attributes: {} },
      scopeLogs: [{ scope: { name: 'test' }, logRecords: [{ observedTime: [1_784_500_000, 0], body, attributes: {} }] }],
    },
  ]);

/** A span for each name, in the trace that `traceOf` says: 32 hex digits. */
export const spans = (
  names: readonly string[] = ['GET /'],
  traceOf: (name: string) => string = () => '0af7651916cd43dd8448eb211c80319c',
): TracesBatch =>
  tracesBatch([
    {
      resource: { attributes: { 'service.name': 'shop' } },
      scopeSpans: [
        {
          scope: { name: 'test' },
          spans: names.map((name) => ({
            traceId: traceOf(name),
            spanId: 'b7ad6b7169203331',
            name,
            kind: 2,
            startTime: [1_784_500_000, 0],
            endTime: [1_784_500_000, 5_000_000],
            attributes: {},
          })),
        },
      ],
    },
  ]);

/** Passed on as it is, so any bytes do. */
export const profile = (): ProfilesBatch => profilesBatch(Buffer.from([0x12, 0x00]), 7);

/** A gauge of one point for each name, which is the name of its resource. */
export const services = (names: readonly string[]): MetricsBatch =>
  metricsBatch(
    names.map((name) => ({ ...gauge().resourceMetrics[0]!, resource: { attributes: { 'service.name': name } } })),
  );

/** The names of the resources in a request of metrics, with how often each is there. */
export function servicesIn(request: Uint8Array): string[] {
  const { resourceMetrics = [] } = decode('ExportMetricsServiceRequest', request) as {
    resourceMetrics?: readonly { resource: { attributes: readonly { value: { stringValue: string } }[] } }[];
  };
  return resourceMetrics.map(({ resource }) => resource.attributes[0]!.value.stringValue);
}

import { createRequire } from 'node:module';
import protobuf from 'protobufjs';

const otlp = createRequire(import.meta.url).resolve('@millrace/otlp/package.json');
const root = protobuf.loadSync(otlp.replace('package.json', 'testdata/otlp.proto'));

const find = (message: string): protobuf.Type => root.lookupType(message);

export const encode = (message: string, object: object): Buffer =>
  Buffer.from(find(message).encode(find(message).fromObject(object)).finish());

export const decode = (message: string, bytes: Uint8Array): Readonly<Record<string, unknown>> =>
  find(message).toObject(find(message).decode(bytes), { longs: String });

export const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };

/** A request with a gauge of so many points. */
export const metricsRequest = (points = 1): Buffer =>
  encode('ExportMetricsServiceRequest', {
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            scope: { name: 'test' },
            metrics: [
              {
                name: 'queue.size',
                unit: '{item}',
                gauge: {
                  dataPoints: Array.from({ length: points }, (_, index) => ({
                    timeUnixNano: '1784500000000000000',
                    asInt: String(index),
                    attributes: [{ key: 'queue', value: { stringValue: `q${index}` } }],
                  })),
                },
              },
            ],
          },
        ],
      },
    ],
  });

export const logsRequest = (): Buffer =>
  encode('ExportLogsServiceRequest', {
    resourceLogs: [
      { resource, scopeLogs: [{ scope: { name: 'test' }, logRecords: [{ body: { stringValue: 'It rains.' } }] }] },
    ],
  });

/** A gauge of one point, as JSON. */
export const jsonRequest = Buffer.from(
  '{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]}',
);

export const asJson = { headers: { 'content-type': 'application/json' } };

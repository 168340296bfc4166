// `node sender.ts VARIANT ENDPOINT`: at each message sends all, and says how many lines a CPU second had.
import { type AnyValue, type LogRecord, type LogsBatch, logsBatch, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import loki from '@millrace/exporter-loki';
import { bodyOf, compress, posterOf } from '@millrace/http-client';
import { batchFromRequest, encodeLogs } from '@millrace/otlp';

const batches = 12;
const linesEach = 4_000;
const warmRounds = 2;

const second = 1_790_000_000;
const severities = [
  [9, 'INFO'],
  [9, 'INFO'],
  [13, 'WARN'],
  [17, 'ERROR'],
] as const;

type Send = (batch: LogsBatch) => Promise<void>;

export type Variant = 'raw' | 'json_format' | 'gzip_json' | 'stringify';

const [variant, endpoint] = process.argv.slice(2) as [Variant, string];
const makers: Readonly<Record<Variant, () => Send>> = {
  raw: () => exporter({ endpoint, format: 'raw' }),
  json_format: () => exporter({ endpoint }),
  gzip_json: () => exporter({ endpoint, format: 'raw', encoding: 'json' }),
  stringify: () => stringifying(endpoint),
};

function exporter(input: object): Send {
  const config = resolveConfig(loki.config, input as never);
  const made = loki.create(config, testContext({ clock: systemClock }));
  return (batch) => made.consume(batch);
}

/** What one would write first: a map of streams, objects, one text. */
function stringifying(endpoint: string): Send {
  const poster = posterOf(resolveConfig(loki.config, { endpoint }));
  const url = new URL('/loki/api/v1/push', endpoint);
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  return async ({ resourceLogs }) => {
    const streams = new Map<string, { stream: object; values: unknown[] }>();
    for (const { resource, scopeLogs } of resourceLogs)
      for (const { scope, logRecords } of scopeLogs)
        for (const record of logRecords) {
          const stream = labels(resource.attributes, record);
          const key = JSON.stringify(stream);
          let lines = streams.get(key);
          if (!lines) streams.set(key, (lines = { stream, values: [] }));
          const [seconds, nanos] = record.time!;
          const metadata = {
            ...texts(resource.attributes),
            ...texts(record.attributes),
            trace_id: record.traceId,
            span_id: record.spanId,
            severity_number: String(record.severityNumber),
            severity_text: record.severityText,
            scope_name: scope.name,
          };
          lines.values.push([`${seconds}${String(nanos).padStart(9, '0')}`, String(record.body), metadata]);
        }
    const text = Buffer.from(JSON.stringify({ streams: [...streams.values()] }));
    const body = bodyOf([await compress([text], { compression: 'gzip', compression_params: {} })]);
    await poster.post({ url, headers, body, signal: undefined });
  };
}

const labels = (resource: Readonly<Record<string, AnyValue | undefined>>, { severityText }: LogRecord): object => ({
  exporter: 'OTLP',
  job: `${resource['service.namespace']}/${resource['service.name']}`,
  instance: resource['service.instance.id'],
  level: severityText,
});

const texts = (attributes: Readonly<Record<string, AnyValue | undefined>>): object =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key.replace(/[^A-Za-z0-9]+/g, '_'), String(value)]),
  );

async function linesPerCpuSecond(send: Send, all: readonly LogsBatch[]): Promise<number> {
  const before = process.cpuUsage();
  for (const batch of all) await send(batch);
  const { user, system } = process.cpuUsage(before);
  return (batches * linesEach) / ((user + system) / 1e6);
}

function decoded(seed: number): LogsBatch {
  const batch = batchFromRequest('logs', encodeLogs(lines(seed))) as LogsBatch;
  return logsBatch(batch.resourceLogs);
}

function lines(seed: number): LogsBatch {
  const pods = 20;
  return logsBatch(
    Array.from({ length: pods }, (_, pod) => ({
      resource: {
        attributes: {
          'service.name': `cart-${pod % 5}`,
          'service.namespace': 'shop',
          'service.instance.id': `pod-${pod}`,
          'k8s.namespace.name': 'shop',
          'k8s.pod.name': `cart-${pod % 5}-7d9f8b6c5d-${pod}`,
          'host.name': `node-${pod % 3}`,
        },
      },
      scopeLogs: [
        {
          scope: { name: 'http' },
          logRecords: Array.from({ length: linesEach / pods }, (__, index): LogRecord => {
            const at = seed * linesEach + pod * (linesEach / pods) + index;
            const [severityNumber, severityText] = severities[at % severities.length]!;
            return {
              time: [second + seed, index * 1_000_000],
              observedTime: [second + seed, index * 1_000_000 + 500],
              severityNumber,
              severityText,
              body: `10.0.${at % 250}.7 - GET /api/v1/items/${at} HTTP/1.1 200 ${(at * 7) % 9000} "Mozilla/5.0 (X11; Linux x86_64)" ${at % 97} ms`,
              attributes: {
                'http.request.method': 'GET',
                'http.route': '/api/v1/items/{id}',
                'http.response.status_code': 200 + (at % 5),
                'client.address': `10.0.${at % 250}.7`,
                'request.id': (at * 2654435761).toString(16),
              },
              traceId: at.toString(16).padStart(32, '0'),
              spanId: at.toString(16).padStart(16, '0'),
            };
          }),
        },
      ],
    })),
  );
}

if (process.send) {
  // Made before the clock runs: the exporter is measured, not the receiver.
  const all = Array.from({ length: batches }, (_, batch) => decoded(batch));
  const send = makers[variant]();
  for (let round = 0; round < warmRounds; round++) await linesPerCpuSecond(send, all);
  process.send('ready');
  process.on('message', () => void linesPerCpuSecond(send, all).then((figure) => process.send!(figure)));
  process.on('disconnect', () => process.exit());
}

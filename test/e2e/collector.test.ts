// The OpenTelemetry Collector and its load generator around Millrace: what comes out equals what went in.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@millrace/core/testing';
import { otelcolBinary, startOtelcol, telemetrygenBinary } from '../peers/otelcol/index.ts';
import { millrace } from './program.ts';

const run = promisify(execFile);
const telemetrygen = telemetrygenBinary();
if (!telemetrygen || !otelcolBinary())
  console.warn('SKIPPED: the collector is not built (node test/peers/otelcol/build.ts).');

let place = '';
const stops: (() => Promise<unknown>)[] = [];
beforeAll(() => void (place = mkdtempSync(join(tmpdir(), 'millrace-collector-'))));
afterAll(() => rmSync(place, { recursive: true }));
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Every item with all that holds it, in an order of their own: how they were put into requests does not matter. */
function itemsIn(file: string): string[] {
  const items: string[] = [];
  const walk = (value: unknown, around: readonly unknown[]): void => {
    const node = value as Record<string, unknown>;
    const lists = [
      'resourceMetrics',
      'scopeMetrics',
      'metrics',
      'dataPoints',
      'resourceLogs',
      'scopeLogs',
      'logRecords',
      'resourceSpans',
      'scopeSpans',
      'spans',
    ];
    const data = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].find((key) => key in node);
    const key = lists.find((one) => Array.isArray(node[one]));
    if (data !== undefined) {
      const { [data]: inner, ...rest } = node;
      walk({ ...(inner as object), kind: data }, [...around, rest]);
    } else if (key === undefined) items.push(JSON.stringify([...around, node]));
    else {
      const { [key]: list, ...rest } = node;
      for (const one of list as unknown[]) walk(one, [...around, rest]);
    }
  };
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) walk(JSON.parse(line), []);
  return items.sort();
}

/** A collector that sends on what it takes, and writes it to a file. */
const first = ({
  listen,
  next,
  file,
  protocol,
}: {
  listen: number;
  next: number;
  file: string;
  protocol: Protocol;
}): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: 127.0.0.1:${listen} } } } }
exporters:
  file: { path: ${file} }
  ${
    protocol === 'grpc'
      ? `otlp_grpc: { endpoint: 127.0.0.1:${next}, tls: { insecure: true } }`
      : `otlp_http: { endpoint: http://127.0.0.1:${next}, encoding: ${protocol === 'json' ? 'json' : 'proto'} }`
  }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
${(['metrics', 'logs', 'traces'] as const)
  .map(
    (signal) =>
      `    ${signal}: { receivers: [otlp], exporters: [file, ${protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http'}] }`,
  )
  .join('\n')}
`;

const last = ({ grpc, http, file }: { grpc: number; http: number; file: string }): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: 127.0.0.1:${grpc} }, http: { endpoint: 127.0.0.1:${http} } } } }
exporters: { file: { path: ${file} } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [otlp], exporters: [file] }
    logs: { receivers: [otlp], exporters: [file] }
    traces: { receivers: [otlp], exporters: [file] }
`;

type Protocol = 'grpc' | 'http' | 'json';

const between = ({
  listen,
  http,
  next,
  nextHttp,
  protocol,
  look,
}: {
  listen: number;
  http: number;
  next: number;
  nextHttp: number;
  protocol: Protocol;
  look: boolean;
}): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: 127.0.0.1:${listen} }, http: { endpoint: 127.0.0.1:${http} } } } }
processors:
  # Changes nothing, but has to look at every item to know.
  attributes: { actions: [{ key: no.such.attribute, action: delete }] }
exporters:
  otlp: { endpoint: 127.0.0.1:${next}, tls: { insecure: true }, sending_queue: { batch: { flush_timeout: 20ms } } }
  otlp_http: { endpoint: http://127.0.0.1:${nextHttp}, encoding: ${protocol === 'json' ? 'json' : 'proto'} }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
${(['metrics', 'logs', 'traces'] as const)
  .map(
    (signal) =>
      `    ${signal}: { receivers: [otlp], processors: [${look ? 'attributes' : ''}], exporters: [${protocol === 'grpc' ? 'otlp' : 'otlp_http'}] }`,
  )
  .join('\n')}
`;

const generated: readonly (readonly string[])[] = [
  [
    'metrics',
    '--metrics',
    '50',
    '--metric-type',
    'Gauge',
    '--trace-id',
    'ae87dadd90e9935a4bc9660628efd569',
    '--span-id',
    '5828fa4960140870',
  ],
  ['metrics', '--metrics', '50', '--metric-type', 'Sum', '--aggregation-temporality', 'delta'],
  [
    'metrics',
    '--metrics',
    '50',
    '--metric-type',
    'Histogram',
    '--telemetry-attributes',
    'n=5',
    '--telemetry-attributes',
    'list=["a","b"]',
  ],
  ['metrics', '--metrics', '50', '--metric-type', 'ExponentialHistogram'],
  ['logs', '--logs', '80', '--body', 'Größe: 1 µm', '--telemetry-attributes', 'ok=true'],
  ['traces', '--traces', '40', '--child-spans', '3', '--status-code', 'Error', '--otlp-attributes', 'host.name="a"'],
];

describe.skipIf(!telemetrygen || !otelcolBinary())('telemetrygen → collector → Millrace → collector', () => {
  it.each<[Protocol, string, boolean]>([
    ['grpc', 'as bytes', false],
    ['grpc', 'decoded', true],
    ['http', 'as bytes', false],
    ['json', 'in JSON on both sides', true],
  ])(
    '%s, %s',
    async (protocol, _how, look) => {
      const [a, b] = [join(place, `a-${protocol}-${look}.json`), join(place, `b-${protocol}-${look}.json`)];
      const ports = {
        first: await freePort(),
        grpc: await freePort(),
        http: await freePort(),
        last: await freePort(),
        lastHttp: await freePort(),
      };

      const collectorB = await startOtelcol(last({ grpc: ports.last, http: ports.lastHttp, file: b }));
      const config = join(place, `millrace-${protocol}-${look}.yaml`);
      writeFileSync(
        config,
        between({ listen: ports.grpc, http: ports.http, next: ports.last, nextHttp: ports.lastHttp, protocol, look }),
      );
      const program = millrace(['run', config]);
      const next = protocol === 'grpc' ? ports.grpc : ports.http;
      await program.saw(/Everything has started/);
      const collectorA = await startOtelcol(first({ listen: ports.first, next, file: a, protocol }));
      stops.push(
        () => collectorB.stop().catch(() => {}),
        () => program.stop(),
        () => collectorA.stop().catch(() => {}),
      );

      for (const args of generated)
        await run(telemetrygen!, [
          ...args,
          '--otlp-insecure',
          '--otlp-endpoint',
          `127.0.0.1:${ports.first}`,
          '--rate',
          '0',
        ]);
      await collectorA.stop();
      expect(await program.stop()).toBe(0);
      await collectorB.stop();

      const sent = itemsIn(a);
      expect(sent.length).toBeGreaterThan(400);
      expect(itemsIn(b)).toEqual(sent);
    },
    60_000,
  );
});

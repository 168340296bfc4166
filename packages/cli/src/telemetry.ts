import type { MeterProvider } from '@opentelemetry/api';
import {
  describeError,
  fromSdk,
  type Logger,
  type MetricReaderConfig,
  metricsBatch,
  PermanentError,
  resolveConfig,
  standaloneContext,
  type TelemetryConfig,
} from '@millrace/core';
import type { IMetricReader, MetricProducer, PushMetricExporter } from '@opentelemetry/sdk-metrics';

// An `import` of node:http evaluates all its exports, WebSocket among them, which loads undici: 8 MB and 15 ms for nothing.
const { createServer } = process.getBuiltinModule('node:http');

export interface Telemetry {
  readonly meterProvider: MeterProvider;
  shutdown(): Promise<void>;
}

type PullConfig = Extract<MetricReaderConfig, { pull: object }>['pull']['exporter']['prometheus'];
type PushConfig = Extract<MetricReaderConfig, { periodic: object }>['periodic'];

/** What serves the program's own metrics where the config does not say: as the collector does. */
export const defaultReader: MetricReaderConfig = {
  pull: { exporter: { prometheus: { host: 'localhost', port: 8888 } } },
};

/** The program's own metrics: made by the OpenTelemetry SDK, delivered by our own exporters, under the collector's names. */
export async function startTelemetry(
  { metrics: { level, readers }, resource }: TelemetryConfig,
  { log, once, producers }: { log: Logger; once: boolean; producers: readonly MetricProducer[] },
): Promise<Telemetry | undefined> {
  const configured = readers ?? (once ? [] : [defaultReader]);
  if (level === 'none' || configured.length === 0) return undefined;
  const [{ MeterProvider: SdkMeterProvider }, { resourceFromAttributes }] = await sdk();
  const stops: (() => Promise<void>)[] = [];
  const made: IMetricReader[] = [];
  for (const reader of configured) {
    if ('periodic' in reader) made.push(await pushReader(reader.periodic, { stops, producers }));
    else
      try {
        made.push(await pullReader(reader.pull.exporter.prometheus, { stops, producers }));
      } catch (error) {
        if (readers) throw error;
        log.warn(
          { error: describeError(error) },
          "Millrace's own metrics are not served: set service.telemetry.metrics.",
        );
      }
  }
  const attributes = { 'service.name': 'millrace', ...resource };
  const provider = new SdkMeterProvider({ readers: made, resource: resourceFromAttributes(attributes) });
  observeProcess(provider);
  return {
    meterProvider: provider,
    async shutdown() {
      await provider.shutdown();
      for (const stop of stops) await stop();
    },
  };
}

const sdk = () => Promise.all([import('@opentelemetry/sdk-metrics'), import('@opentelemetry/resources')]);

interface Around {
  /** What ends with the telemetry. */
  readonly stops: (() => Promise<void>)[];
  /** What has metrics besides. */
  readonly producers: readonly MetricProducer[];
}

/** A reader that collects when it is asked. */
async function collectingReader(producers: readonly MetricProducer[] = []): Promise<IMetricReader> {
  const { MetricReader } = await import('@opentelemetry/sdk-metrics');
  class PullReader extends MetricReader {
    protected override async onShutdown(): Promise<void> {}
    protected override async onForceFlush(): Promise<void> {}
  }
  return new PullReader({ metricProducers: [...producers] });
}

/** The metrics of a copy in a thread of its own, which are asked for there. */
export async function createMeterProvider(
  attributes: Readonly<Record<string, string>>,
): Promise<{ provider: MeterProvider; reader: IMetricReader }> {
  const [{ MeterProvider: SdkMeterProvider }, { resourceFromAttributes }] = await sdk();
  const reader = await collectingReader();
  return {
    provider: new SdkMeterProvider({ readers: [reader], resource: resourceFromAttributes(attributes) }),
    reader,
  };
}

async function pullReader({ host, port }: PullConfig, { stops, producers }: Around): Promise<IMetricReader> {
  const [reader, { renderMetrics, namingOf }] = await Promise.all([
    collectingReader(producers),
    import('@millrace/prometheus-text'),
  ]);
  const naming = namingOf('UnderscoreEscapingWithoutSuffixes'); // as the collector names its own
  const server = createServer((request, response) => {
    void (async () => {
      if (request.url?.split('?', 1)[0] !== '/metrics')
        return void response.writeHead(404).end('The metrics are at /metrics.\n');
      const { resourceMetrics } = await reader.collect();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      const own = { ...fromSdk(resourceMetrics), resource: { attributes: {} } }; // its job and instance are the scraper's to say
      response.end(renderMetrics([own], { naming, scopeInfo: false, format: 'prometheus' }));
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).once('listening', () => listening.resolve());
  server.listen(port, host);
  await listening.promise.catch((error: unknown) => {
    throw new PermanentError(`own metrics cannot be served on ${host}:${port}: ${describeError(error)}`);
  });
  stops.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  return reader;
}

/** Pushes through our own OTLP exporter, as an SDK exporter. */
async function pushReader(
  { interval, timeout, exporter }: PushConfig,
  { stops, producers }: Around,
): Promise<IMetricReader> {
  const [{ PeriodicExportingMetricReader }, { default: definitions }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@millrace/exporter-otlp'),
  ]);
  const otlp = definitions.find(({ type }) => type === 'otlp')!;
  const { endpoint, headers = {} } = exporter.otlp;
  const insecure = !endpoint.startsWith('https://');
  const component = otlp.create(
    resolveConfig(otlp.config, { endpoint, headers, tls: { insecure } } as never) as never,
    standaloneContext('telemetry'),
  );
  await component.start?.();
  stops.push(async () => component.shutdown?.(AbortSignal.timeout(1_000)));
  const pushed: PushMetricExporter = {
    export: (collected, done) =>
      void component.consume(metricsBatch([fromSdk(collected)]), AbortSignal.timeout(timeout)).then(
        () => done({ code: 0 }),
        (error: Error) => done({ code: 1, error }),
      ),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  return new PeriodicExportingMetricReader({
    exporter: pushed,
    exportIntervalMillis: interval,
    exportTimeoutMillis: timeout,
    metricProducers: [...producers],
  });
}

/** The collector's `otelcol_process_*`. */
function observeProcess(provider: MeterProvider): void {
  const meter = provider.getMeter('millrace');
  const gauges = [
    ['otelcol_process_memory_rss', 'By', 'Total physical memory (resident set size).', () => process.memoryUsage.rss()],
    [
      'otelcol_process_runtime_heap_alloc_bytes',
      'By',
      'Bytes of live heap objects.',
      () => process.memoryUsage().heapUsed,
    ],
    ['otelcol_process_runtime_total_sys_memory_bytes', 'By', 'Heap and external memory held.', () => heldMemory()],
  ] as const;
  for (const [name, unit, description, value] of gauges)
    meter.createObservableGauge(name, { unit, description }).addCallback((result) => result.observe(value()));
  const counters = [
    ['otelcol_process_cpu_seconds', 's', 'Total CPU user and system time.', () => cpuSeconds()],
    ['otelcol_process_uptime', 's', 'Uptime of the process.', () => process.uptime()],
  ] as const;
  for (const [name, unit, description, value] of counters)
    meter.createObservableCounter(name, { unit, description }).addCallback((result) => result.observe(value()));
}

function heldMemory(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal + external;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

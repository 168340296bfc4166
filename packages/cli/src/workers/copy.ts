// The thread of a copy: runs the pipelines that can be copied, as the program tells it.
import { parentPort, workerData } from 'node:worker_threads';
import { createCollector, describeError, fromSdk, type Logger, load } from '@millrace/core';
import { ownFolder } from '../environment.ts';
import { createScreen } from '../screen.ts';
import { createMeterProvider } from '../telemetry.ts';
import { terminalExporter } from '../terminal.ts';
import type { CopySetup, Order, Report } from './protocol.ts';

const statusEveryMs = 1_000;

const { configs, set, index } = workerData as CopySetup;
const program = parentPort!;
const report = (one: Report): void => program.postMessage(one);
const plain = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Error ? describeError(value) : value,
    ]),
  );
/** What the first copy says at its start need not be said again by each. */
let hasStarted = false;
const write =
  (level: 'debug' | 'info' | 'warn' | 'error') =>
  (fields: object, message: string): void =>
    report({
      is: 'log',
      level: level === 'info' && !hasStarted ? 'debug' : level,
      fields: { worker: index, ...plain(fields) },
      message,
    });
const log: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };

const onStray = (error: unknown): void => log.error({ error }, 'A component let an error go by; going on.');
process.on('uncaughtException', onStray).on('unhandledRejection', onStray);

try {
  const options = {
    set,
    folders: [ownFolder],
    components: [terminalExporter(createScreen(process), { once: true })],
  };
  const loaded = await load(configs, options);
  const { reader, provider } = await createMeterProvider({ 'service.name': 'millrace', ...loaded.telemetry.resource });
  const collector = await createCollector(configs, { ...options, loaded, log, copy: index, meterProvider: provider });
  await collector.start();
  report({ is: 'status', status: collector.status() });
  report({ is: 'started' });
  hasStarted = true;
  const status = setInterval(() => report({ is: 'status', status: collector.status() }), statusEveryMs);

  const obey = {
    async reload() {
      try {
        await collector.reload();
        report({ is: 'reloaded' });
      } catch (error) {
        report({ is: 'reloaded', error: describeError(error) });
      }
    },
    async metrics() {
      const { resourceMetrics } = await reader.collect();
      report({ is: 'metrics', metrics: structured(fromSdk(resourceMetrics)) });
    },
    async shutdown() {
      clearInterval(status);
      await collector.shutdown();
      program.close();
    },
  } as const;
  program.on('message', (order: Order) => void obey[order.do]().catch(onStray));
} catch (error) {
  report({ is: 'failed', error: describeError(error) });
  program.close();
}

/** What can be sent to another thread: the SDK's objects have methods and promises, which cannot. */
function structured({ resource, scopeMetrics }: ReturnType<typeof fromSdk>): ReturnType<typeof fromSdk> {
  const copied = scopeMetrics.map(({ scope: { name, version }, metrics }) => ({
    scope: { name, version },
    metrics: metrics.map((metric) => ({
      ...metric,
      dataPoints: metric.dataPoints.map((point) => ({
        ...point,
        attributes: { ...point.attributes, worker: String(index) },
      })),
    })),
  }));
  return { resource: { attributes: { ...resource.attributes } }, scopeMetrics: copied as never };
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CollectorStatus, Logger, ResourceMetrics } from '@millrace/core';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import type { CopySetup, Order, Report } from './protocol.ts';

/** The copies of `service.workers` beside the program's own thread. */
export interface Workers {
  /** What each last said of itself. */
  status(): readonly CollectorStatus[];
  /** Their metrics, for a reader of the program's own. */
  readonly metrics: MetricProducer;
  /** Rejects if one cannot start; the others are stopped then. */
  start(count: number): Promise<void>;
  /** They have read the config again, or said why they go on with the old one. */
  reload(): Promise<void>;
  /** They deliver what they hold, and end; when the signal aborts they are ended. */
  shutdown(signal: AbortSignal): Promise<void>;
}

const firstRestartMs = 1_000;
const lastRestartMs = 30_000;
const metricsWaitMs = 1_000;

interface Copy {
  readonly index: number;
  worker: Worker;
  status: CollectorStatus;
  /** Answers that are waited for, by what they are. */
  readonly waiting: Map<Report['is'], ((report: Report) => void)[]>;
}

const isStarting: CollectorStatus = {
  ready: false,
  starting: new Map([['worker', 'it is starting']]),
  exporters: new Map(),
};

export function createWorkers(setup: Omit<CopySetup, 'index'>, log: Logger): Workers {
  const copies: Copy[] = [];
  let stopping = false;

  function launch(copy: Copy, restartMs = firstRestartMs): Promise<void> {
    const { index } = copy;
    const started = Promise.withResolvers<void>();
    let running = false;
    copy.worker = new Worker(threadFile(), { workerData: { ...setup, index } satisfies CopySetup });
    copy.status = isStarting;
    copy.worker.on('message', (report: Report) => {
      if (report.is === 'log') log[report.level](report.fields, report.message);
      else if (report.is === 'status') copy.status = report.status;
      else if (report.is === 'failed') started.reject(new Error(`worker ${index}: ${report.error}`));
      else if (report.is === 'started') {
        running = true;
        started.resolve();
      } else copy.waiting.get(report.is)?.shift()?.(report);
    });
    copy.worker.on('error', (error) => started.reject(error));
    copy.worker.on('exit', (code) => {
      copy.status = isStarting;
      started.reject(new Error(`worker ${index} ended with code ${code}`));
      if (stopping || !running) return;
      log.error({ worker: index, code }, 'A worker has ended; starting it again.');
      setTimeout(() => {
        if (stopping) return;
        const next = Math.min(restartMs * 2, lastRestartMs);
        launch(copy, next).catch((error: unknown) => {
          log.error({ worker: index, error }, 'A worker could not be started again.');
        });
      }, restartMs);
    });
    return started.promise;
  }

  /** The copy's answer; undefined if it ends or takes longer than that. */
  function ask(
    copy: Copy,
    order: Order,
    { answer, waitMs }: { answer: Report['is']; waitMs: number },
  ): Promise<Report | undefined> {
    return new Promise((resolve) => {
      const settle = (report?: Report): void => {
        clearTimeout(timer);
        copy.worker.off('exit', ended);
        resolve(report);
      };
      const ended = (): void => settle();
      const timer = setTimeout(ended, waitMs);
      copy.worker.once('exit', ended);
      const waiting = copy.waiting.get(answer) ?? [];
      copy.waiting.set(answer, waiting);
      waiting.push(settle);
      copy.worker.postMessage(order);
    });
  }

  return {
    status: () => copies.map((copy) => copy.status),
    metrics: {
      async collect() {
        const answers = await Promise.all(
          copies.map((copy) => ask(copy, { do: 'metrics' }, { answer: 'metrics', waitMs: metricsWaitMs })),
        );
        const metrics = answers.flatMap((report) => (report?.is === 'metrics' ? [report.metrics] : []));
        return { resourceMetrics: joined(metrics) as never, errors: [] };
      },
    },
    async start(count) {
      for (let index = 1; index < count; index++)
        copies.push({ index, worker: undefined as never, status: isStarting, waiting: new Map() });
      await Promise.all(copies.map((copy) => launch(copy)));
    },
    async reload() {
      const answers = await Promise.all(
        copies.map((copy) => ask(copy, { do: 'reload' }, { answer: 'reloaded', waitMs: 60_000 })),
      );
      for (const [at, report] of answers.entries())
        if (report?.is !== 'reloaded' || report.error !== undefined)
          log.error(
            { worker: copies[at]!.index, error: report?.is === 'reloaded' ? report.error : 'no answer' },
            'A worker did not take the new config.',
          );
    },
    async shutdown(signal) {
      stopping = true;
      const end = (): void => copies.forEach(({ worker }) => void worker.terminate());
      if (signal.aborted) end();
      signal.addEventListener('abort', end);
      await Promise.all(
        copies.map(
          ({ worker }) =>
            new Promise<void>((resolve) => {
              if (worker.threadId === -1) return resolve();
              worker.once('exit', () => resolve());
              worker.postMessage({ do: 'shutdown' } satisfies Order);
              return undefined;
            }),
        ),
      );
      signal.removeEventListener('abort', end);
    },
  };
}

/** The sources in the workspace, `dist/` in a published package. */
function threadFile(): string {
  const source = fileURLToPath(new URL('./copy.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('./copy.js', import.meta.url));
}

/** One resource's metrics with those of all. */
const joined = (all: readonly ResourceMetrics[]): ResourceMetrics => ({
  resource: { attributes: {} },
  scopeMetrics: all.flatMap(({ scopeMetrics }) => scopeMetrics),
});

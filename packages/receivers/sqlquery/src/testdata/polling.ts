// A receiver that runs in a test, on the real clock, and what it hands on.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Context, LogRecord, MetricData, Resource } from '@millrace/core';
import { resolveConfig, systemClock } from '@millrace/core';
import { type Sink, sink, type TestContext, testContext } from '@millrace/core/testing';
import { config as schema } from '../config.ts';
import sqlquery from '../index.ts';

export interface Polling {
  readonly out: Sink;
  readonly context: TestContext;
  /** Stops it when the block ends. */
  [Symbol.asyncDispose](): Promise<void>;
  stop(): Promise<void>;
  reload(): Promise<void>;
  until(condition: () => boolean, what?: string): Promise<void>;
  metrics(name: string): { readonly resource: Resource; readonly metric: MetricData }[];
  records(): LogRecord[];
  logged(): string;
}

export async function polling(
  config: object,
  { next, ...overrides }: Partial<Context> & { readonly next?: Consumer } = {},
): Promise<Polling> {
  const out = sink();
  const context = testContext({ clock: systemClock, ...overrides });
  const resolved = resolveConfig(schema, { initial_delay: '0s', collection_interval: '100ms', ...config } as never);
  const problems = sqlquery.check!(resolved);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const component = sqlquery.create(resolved, context, next ?? out);
  await component.start!();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= component.shutdown!(AbortSignal.timeout(5_000)));
  const logged = (): string => context.lines.map((line) => JSON.stringify(line)).join('\n');
  return {
    out,
    context,
    stop,
    reload: () => component.reload!(),
    [Symbol.asyncDispose]: stop,
    async until(condition, what = 'it') {
      for (let waited = 0; !condition(); waited += 10) {
        if (waited > 15_000) throw new Error(`${what} did not come; logged:\n${logged()}`);
        await sleep(10);
      }
    },
    metrics: (name) =>
      out.batches.flatMap((batch) =>
        batch.signal !== 'metrics'
          ? []
          : batch.resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
              scopeMetrics.flatMap(({ metrics }) =>
                metrics.filter(({ descriptor }) => descriptor.name === name).map((metric) => ({ resource, metric })),
              ),
            ),
      ),
    records: () =>
      out.batches.flatMap((batch) =>
        batch.signal !== 'logs'
          ? []
          : batch.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
      ),
    logged,
  };
}

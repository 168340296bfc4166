import type { Batch, Component, InputOf, MetricData, NumberPoint, ResourceMetrics } from '@millrace/core';
import { isEnded, resolveConfig, systemClock } from '@millrace/core';
import { manualClock, type ManualClock, sink, type Sink, testContext, type TestContext } from '@millrace/core/testing';
import { expect } from 'vitest';
import { config as schema } from '../config/schema.ts';
import prometheus from '../index.ts';

export interface Scraping {
  readonly out: Sink;
  readonly clock: ManualClock;
  readonly context: TestContext;
  readonly receiver: Component;
  /** Lets an interval pass, and gives the next batch that comes. */
  next(): Promise<Batch>;
  /** Lets intervals pass until a batch fits, and gives that. */
  until(fits: (batch: Batch) => boolean): Promise<Batch>;
  stop(): Promise<void>;
}

const lateMs = 10_000;
const intervalMs = 60_000;

/** Runs the receiver with a config. Intervals pass when the test says so; a scrape takes the time that it takes. */
export async function scraping(input: object, out: Sink = sink()): Promise<Scraping> {
  const resolved = resolveConfig(schema, input as InputOf<typeof schema>);
  expect(prometheus.check?.(resolved)).toEqual([]);
  const clock = manualClock();
  const context = testContext({ clock });
  const receiver = prometheus.create(resolved, context, out);
  await receiver.start?.();
  let seen = 0;
  const until = async (fits: (batch: Batch) => boolean): Promise<Batch> => {
    for (const late = Date.now() + lateMs; Date.now() < late; ) {
      await clock.advance(intervalMs);
      // What hangs takes as long as its timeout; then comes the next interval.
      for (const soon = Date.now() + 1_000; Date.now() < soon; await systemClock.sleep(2))
        while (seen < out.batches.length) {
          const batch = out.batches[seen++]!;
          if (fits(batch)) return batch;
          if (seen === out.batches.length) await clock.advance(intervalMs);
        }
    }
    throw new Error(`No such batch has come: ${JSON.stringify(context.lines)}`);
  };
  return {
    out,
    clock,
    context,
    receiver,
    until,
    next: () => until(() => true),
    stop: () => receiver.shutdown?.(AbortSignal.timeout(5_000)) ?? Promise.resolve(),
  };
}

/** One job with these targets, scraped every minute. */
export const oneJob = (targets: readonly string[], more: object = {}): object => ({
  config: {
    scrape_configs: [{ job_name: 'shop', static_configs: [{ targets }], ...more }],
  },
});

export const resourcesIn = (batch: Batch): readonly ResourceMetrics[] =>
  batch.signal === 'metrics' ? batch.resourceMetrics : [];

export const metricsIn = (batch: Batch): MetricData[] =>
  resourcesIn(batch).flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));

/** The value of the first point of a metric; `ended`, or undefined if there is none. */
export function valueIn(batch: Batch, name: string): number | bigint | 'ended' | undefined {
  const metric = metricsIn(batch).find(({ descriptor }) => descriptor.name === name);
  const point = metric?.dataPoints[0] as NumberPoint | undefined;
  return point && (isEnded(point) ? 'ended' : point.value);
}

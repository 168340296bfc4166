import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Clock, Component, Consumer, InputOf, LogsBatch, MetricsBatch, Signal, Storage } from '@millrace/core';
import { memoryStorage, resolveConfig } from '@millrace/core';
import { manualClock, type ManualClock, sink, testContext, type TestContext } from '@millrace/core/testing';
import { expect } from 'vitest';
import { config as schema } from '../config/schema.ts';
import pyroscope from '../index.ts';

export interface Pulling {
  readonly context: TestContext;
  readonly receiver: Component;
  stop(): Promise<void>;
}

export interface PullingOptions {
  readonly clock: Clock;
  readonly storage?: Storage;
  readonly next: Consumer;
  /** Those that a pipeline takes. Default: all. */
  readonly wants?: readonly Signal[];
}

/** Runs the receiver with a config. */
export async function pulling(input: object, { clock, next, storage = memoryStorage(), wants = ['metrics', 'logs', 'profiles'] }: PullingOptions): Promise<Pulling> {
  const resolved = resolveConfig(schema, input as InputOf<typeof schema>);
  expect(pyroscope.check?.(resolved)).toEqual([]);
  const context = testContext({ clock, storage, id: 'pyroscope', wants: (signal) => wants.includes(signal) });
  const receiver = pyroscope.create(resolved, context, next);
  await receiver.start?.();
  return { context, receiver, stop: async () => receiver.shutdown?.(AbortSignal.timeout(5_000)) };
}

/** Lets time pass, in steps, each until nothing is under way any more. */
export async function pass(
  clock: ManualClock,
  ms: number,
  { stepMs = 5_000, idle = async () => sleep(3) }: { readonly stepMs?: number; idle?(): Promise<unknown> } = {},
): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(Math.min(stepMs, ms - passed));
    await idle();
  }
}

/** Turns of the event loop without anything new: what is between two requests of the receiver takes fewer. */
const quietTurns = 40;

/** Resolves when a server of this process has answered all. */
export const idleOf = (server: { readonly underWay: number; readonly requests: readonly unknown[] }) => async () => {
  for (let quiet = 0, seen = -1; quiet < quietTurns; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const isQuiet = server.underWay === 0 && server.requests.length === seen;
    quiet = isQuiet ? quiet + 1 : 0;
    seen = server.requests.length;
  }
};

export const metricsOf = (batches: readonly Batch[]): MetricsBatch[] => batches.filter((batch) => batch.signal === 'metrics');
export const logsOf = (batches: readonly Batch[]): LogsBatch[] => batches.filter((batch) => batch.signal === 'logs');

export { manualClock, sink };

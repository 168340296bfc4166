// What the tests of the whole exporter share.
import type { Component, Consumer, Context, InputOf } from '@millrace/core';
import { isPermanent, resolveConfig, ThrottleError } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { datadog } from '../src/exporter.ts';
import type { FakeIntake } from './fake-intake.ts';
import { fakeIntake } from './fake-intake.ts';

export const key = '0123456789abcdef0123456789abcdef';
export type Input = InputOf<typeof datadog.config>;

export interface Setup {
  intake(keys?: readonly string[]): Promise<FakeIntake>;
  exporter(input: Input, context?: Context): Component & Consumer;
  close(): Promise<void>;
}

/** Everything that a test opens, closed at its end. */
export function setup(): Setup {
  const open: (() => Promise<unknown>)[] = [];
  return {
    async intake(keys = [key]) {
      const intake = await fakeIntake(keys);
      open.push(() => intake.stop());
      return intake;
    },
    exporter(input, context = testContext({ clock: systemClock })) {
      const created = datadog.create(resolveConfig(datadog.config, input), context);
      open.push(async () => created.shutdown?.(AbortSignal.timeout(1000)));
      return created;
    },
    async close() {
      for (const stop of open.splice(0).reverse()) await stop();
    },
  };
}

/** A config whose metrics and logs go to the fake. */
export const toFake = (
  { url }: FakeIntake,
  { metrics = {}, logs = {}, ...more }: Partial<Input> = {},
): Input => ({
  api: { key },
  hostname: 'here',
  host_metadata: { enabled: false },
  metrics: { endpoint: url, ...metrics },
  logs: { endpoint: url, ...logs },
  ...more,
});

export const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It was taken.')),
    (error: Error) => error,
  );

export const kindOf = (error: Error): string =>
  isPermanent(error) ? 'permanent' : error instanceof ThrottleError ? `throttle ${error.retryAfterMs}` : 'retry';

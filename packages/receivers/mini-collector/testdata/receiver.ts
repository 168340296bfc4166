import type { Component, ConfigOf, Consumer, MetricsBatch } from '@millrace/core';
import { resolveConfig, systemClock } from '@millrace/core';
import type { TestContext } from '@millrace/core/testing';
import { testContext } from '@millrace/core/testing';
import receiver from '../src/index.ts';

export interface Running {
  readonly port: number;
  readonly component: Component;
  readonly context: TestContext;
  /** What was taken. */
  readonly batches: MetricsBatch[];
  stop(signal?: AbortSignal): Promise<void>;
}

export interface Setup {
  readonly config?: object;
  /** Asked before a batch is taken. */
  readonly next?: Consumer['consume'];
}

const open = new Set<Running>();
/** For `afterEach`. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...open].map((running) => running.stop()));
};

export const configOf = (config: object): ConfigOf<typeof receiver.config> => resolveConfig(receiver.config, config);

export async function startReceiver({ config, next }: Setup = {}): Promise<Running> {
  const batches: MetricsBatch[] = [];
  const context = testContext({ clock: systemClock });
  const component = receiver.create(configOf({ endpoint: '127.0.0.1:0', ...config }), context, {
    async consume(batch, signal) {
      await next?.(batch, signal);
      batches.push(batch as MetricsBatch);
    },
  });
  await component.start!();
  const { endpoint } = context.lines[0]!.fields as { endpoint: string };
  const running: Running = {
    port: Number(endpoint.split(':').pop()),
    component,
    context,
    batches,
    async stop(signal = AbortSignal.timeout(2000)) {
      open.delete(running);
      await component.shutdown!(signal);
    },
  };
  open.add(running);
  return running;
}

import type { Batch, Component, Consumer, ConfigOf } from '@millrace/core';
import { heldBytes, resolveConfig, systemClock } from '@millrace/core';
import type { TestContext } from '@millrace/core/testing';
import { testContext } from '@millrace/core/testing';
import { expect } from 'vitest';
import receiver from '../src/index.ts';

export interface Running {
  readonly grpc: number;
  readonly http: number;
  readonly component: Component;
  readonly context: TestContext;
  readonly batches: Batch[];
  stop(signal?: AbortSignal): Promise<void>;
}

export interface Setup {
  /** Of `protocols`; endpoints are on loopback and free. */
  readonly grpc?: object | null;
  readonly http?: object | null;
  readonly next?: Consumer['consume'];
  readonly context?: Partial<TestContext>;
}

const open = new Set<Running>();

/** For `afterEach`. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...open].map((running) => running.stop()));
};

/** For `afterEach`: what has stopped holds nothing. */
export const stopAllClean = async (): Promise<void> => {
  await stopAll();
  expect(heldBytes()).toBe(0);
};

export const configOf = (protocols: object): ConfigOf<typeof receiver.config> =>
  resolveConfig(receiver.config, { protocols });

export async function startReceiver({ grpc, http, next, context: overrides }: Setup = {}): Promise<Running> {
  const batches: Batch[] = [];
  const context = testContext({ clock: systemClock, ...overrides });
  const endpoint = '127.0.0.1:0';
  const protocols = {
    ...(grpc !== null && { grpc: { endpoint, ...grpc } }),
    ...(http !== null && { http: { endpoint, ...http } }),
  };
  const component = receiver.create(configOf(protocols), context, {
    async consume(batch, signal) {
      await next?.(batch, signal);
      batches.push(batch);
    },
  });
  await component.start!();
  const port = (protocol: string): number => {
    const line = context.lines.find(({ message }) => message.includes(protocol));
    return Number((line?.fields as { endpoint?: string } | undefined)?.endpoint?.split(':').pop());
  };
  const running: Running = {
    grpc: port('gRPC'),
    http: port('HTTP'),
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

/** How long to wait for what comes soon, for `expect.poll`. */
export const soon = { timeout: 10_000, interval: 5 } as const;

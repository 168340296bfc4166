import type { Extension, ExtensionContext } from '@millrace/core';
import { resolveConfig, systemClock } from '@millrace/core';
import type { TestContext } from '@millrace/core/testing';
import { testContext } from '@millrace/core/testing';
import extension from '../src/index.ts';

export interface Running {
  readonly port: number;
  readonly extension: Extension;
  readonly context: TestContext;
  report: NonNullable<Extension['report']>;
  stop(signal?: AbortSignal): Promise<void>;
}

const open = new Set<Running>();

/** For `afterEach`. */
export const stopAll = async (): Promise<void> => {
  await Promise.all([...open].map((running) => running.stop()));
};

export const configOf = (config: object = {}) =>
  resolveConfig(extension.config, { endpoint: '127.0.0.1:0', ...config } as never);

export async function startCache(config: object = {}, overrides: Partial<ExtensionContext> = {}): Promise<Running> {
  const context = testContext({ clock: systemClock, ...overrides });
  const instance = extension.create(configOf(config), context);
  await instance.start!();
  const line = context.lines.find(({ message }) => message.startsWith('Serving reports'));
  const running: Running = {
    port: Number((line!.fields as { endpoint: string }).endpoint.split(':').pop()),
    extension: instance,
    context,
    report: (batch) => instance.report!(batch),
    async stop(signal = AbortSignal.timeout(1000)) {
      open.delete(running);
      await instance.shutdown!(signal);
    },
  };
  open.add(running);
  return running;
}

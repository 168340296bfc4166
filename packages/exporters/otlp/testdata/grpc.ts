import type { Component, Consumer, Context, InputOf } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { onTestFinished } from 'vitest';
import { otlp } from '../src/grpc/exporter.ts';
import type { Handler, Running } from './servers.ts';

export type Input = InputOf<typeof otlp.config>;

/** Stopped when the test has ended, as everything here. */
export function running<T extends Running>(server: T): T {
  onTestFinished(() => server.stop());
  return server;
}

export function exporter(input: Input, context: Context = testContext()): Component & Consumer {
  const created = otlp.create(resolveConfig(otlp.config, input), context);
  onTestFinished(async () => created.shutdown?.(AbortSignal.timeout(1000)));
  return created;
}

export const insecure = (port: number): Input => ({ endpoint: `127.0.0.1:${port}`, tls: { insecure: true } });

export const takes: Handler = (_call, reply) => reply(null, Buffer.alloc(0));

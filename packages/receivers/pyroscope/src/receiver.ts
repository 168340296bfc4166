import type { Component, Consumer, Context } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import { proveTls } from '@millrace/http-client';
import { createLimiter } from '@millrace/polling';
import type { Config } from './config/schema.ts';
import { createHandOver } from './emit/handover.ts';
import { runServer, type Runner, type ServerHost } from './server/runner.ts';
import { runTargets, type TargetsRunner } from './target/runner.ts';

export function createReceiver(config: Config, context: Context, next: Consumer): Component {
  const deadline = new AbortController();
  const dropped = dropCounter(context);
  const { clock, log } = context;
  const handOver = createHandOver({ next, clock, log, dropped, deadline: deadline.signal });
  const host: ServerHost = { config, context, handOver, dropped };
  let running: { readonly servers: readonly Runner[]; readonly targets: readonly TargetsRunner[] } | undefined;

  return {
    async start() {
      if (running) return;
      for (const { tls } of [...config.servers, ...config.targets]) proveTls(tls);
      const limiter = createLimiter(config.max_concurrent);
      running = {
        servers: config.servers.map((server) => runServer(server, host)),
        targets: config.targets.map((target) => runTargets(target, limiter, host)),
      };
    },
    async reload() {
      await Promise.all(running?.targets.map((one) => one.refresh()) ?? []);
    },
    async shutdown(signal) {
      if (!running) return;
      const expire = (): void => deadline.abort(signal.reason);
      if (signal.aborted) expire();
      signal.addEventListener('abort', expire);
      await Promise.all([...running.servers, ...running.targets].map((one) => one.stop(signal)));
      signal.removeEventListener('abort', expire);
    },
  };
}

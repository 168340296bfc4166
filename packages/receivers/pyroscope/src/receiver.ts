import type { Component, Consumer, ReceiverContext } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import { proveTls } from '@millrace/http-client';
import { createLimiter } from '@millrace/polling';
import { answer } from './commands/commands.ts';
import type { Config } from './config/schema.ts';
import { createHandOver } from './emit/handover.ts';
import { runServer, type ServerHost, type ServerRunner } from './server/runner.ts';
import { runTargets, type TargetsRunner } from './target/runner.ts';

export function createReceiver(config: Config, context: ReceiverContext, next: Consumer): Component {
  const deadline = new AbortController();
  const stopped = new AbortController();
  const dropped = dropCounter(context);
  const { clock, log } = context;
  const handOver = createHandOver({ next, clock, log, dropped, deadline: deadline.signal });
  const host: ServerHost = { config, context, handOver, dropped, wants: context.wants };
  let running: { readonly servers: readonly ServerRunner[]; readonly targets: readonly TargetsRunner[] } | undefined;

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
    async command(call) {
      if (!running || stopped.signal.aborted) throw new Error('It does not run, so it cannot be asked.');
      const signal = AbortSignal.any([call.signal, stopped.signal]);
      return answer(
        running.servers.map(({ server }) => server),
        { ...call, signal },
      );
    },
    async shutdown(signal) {
      if (!running) return;
      stopped.abort(new Error('It is shut down, so it does not answer any more.'));
      const expire = (): void => deadline.abort(signal.reason);
      if (signal.aborted) expire();
      signal.addEventListener('abort', expire);
      await Promise.all([...running.servers, ...running.targets].map((one) => one.stop(signal)));
      signal.removeEventListener('abort', expire);
    },
  };
}

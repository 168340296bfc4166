import { defineExtension, diagnoseListen, type ExtensionContext } from '@millrace/core';
import { createAnswers } from './answer.ts';
import { check, config } from './config.ts';
import { createHealth, type Health } from './health.ts';
import type { HealthServer } from './server.ts';
import { serveHealth } from './server.ts';

export default defineExtension({
  type: 'health_check',
  description: 'Tells over HTTP whether the collector has started, and whether its data gets through.',
  config,
  check,
  diagnose: async ({ endpoint }) => [await diagnoseListen(endpoint)],
  create(settings, context) {
    const health = createHealth(settings);
    const answer = createAnswers(settings, health, context);
    const watching = new AbortController();
    let server: HealthServer | undefined;
    return {
      async start() {
        server = await serveHealth(settings, answer);
        context.log.info({ url: server.url + settings.path }, 'Serving health.');
        if (settings.queue_fill !== undefined && settings.queue_fill_for > 0)
          void watch(health, context, watching.signal);
      },
      async shutdown() {
        watching.abort();
        const closing = server;
        server = undefined;
        await closing?.close();
      },
    };
  },
});

const sampleEveryMs = 1000;

/** Between two probes, a queue may have been empty: so it is looked at all the time. */
async function watch(health: Health, { clock, status }: ExtensionContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    health.sample(status(), clock.now());
    await clock.sleep(sampleEveryMs, signal).catch(() => {});
  }
}

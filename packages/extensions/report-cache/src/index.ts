import { defineExtension, diagnoseListen, parseEndpoint } from '@millrace/core';
import type { RunningServer } from '@millrace/server';
import type { Cache } from './cache/cache.ts';
import { createCache } from './cache/cache.ts';
import { check, config } from './config.ts';
import { startServer } from './server.ts';

export default defineExtension({
  type: 'report_cache',
  description:
    'Keeps the last reports of each cluster, and serves them and the commands of receivers to any number of clients.',
  provides: ['reports'],
  config,
  check,
  diagnose: async ({ endpoint }) => (parseEndpoint(endpoint) ? [await diagnoseListen(endpoint)] : []),
  create(settings, context) {
    let cache: Cache | undefined;
    let server: RunningServer | undefined;

    return {
      async start() {
        const opening = createCache(settings, context);
        try {
          await opening.open();
          server = await startServer(settings, context, opening);
        } catch (error) {
          await opening.close();
          throw error;
        }
        cache = opening;
        const fields = { endpoint: server.address, tls: Boolean(settings.tls), clusters: cache.clusters().length };
        context.log.info(fields, 'Serving reports over gRPC and HTTP.');
      },
      async report(batch) {
        if (!cache) throw new Error('The report cache has not started.');
        await cache.take(batch);
      },
      async reload() {
        server?.reload();
      },
      async shutdown(signal) {
        const [closing, serving] = [cache, server];
        cache = undefined;
        server = undefined;
        // Subscriptions end first, and with them the answers over HTTP that would go on for ever.
        await Promise.all([closing?.close(), serving?.close(signal)]);
      },
    };
  },
});

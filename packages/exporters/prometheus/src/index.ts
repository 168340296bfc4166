import { defineExporter, diagnoseListen, PermanentError } from '@millrace/core';
import { check, config } from './config.ts';
import { createPages } from './pages.ts';
import { servePages } from './server.ts';
import type { PageServer } from './server.ts';

export default defineExporter({
  type: 'prometheus',
  description: 'Serves the last value of every series on a page for Prometheus to scrape.',
  signals: ['metrics'],
  delivery: 'direct',
  config,
  check,
  diagnose: async ({ endpoint }) => [await diagnoseListen(endpoint)],
  create(settings, context) {
    const pages = createPages(settings, context);
    let server: PageServer | undefined;
    return {
      async start() {
        server = await servePages(settings, pages, context);
        context.log.info({ url: server.url }, 'Serving metrics.');
      },
      async consume(batch) {
        if (batch.signal !== 'metrics') throw new PermanentError(`A Prometheus page cannot show ${batch.signal}.`);
        await pages.update(batch.resourceMetrics);
      },
      async shutdown(signal) {
        const closing = server;
        server = undefined;
        await closing?.close(signal);
      },
    };
  },
});

import { defineExporter, diagnoseConnect, itemCount, PermanentError } from '@millrace/core';
import { posterOf, proveTls, serverOf } from '@millrace/http-client';
import { checkLoki } from './check.ts';
import { configSchema } from './config.ts';
import { createSend } from './send.ts';

export default defineExporter({
  type: 'loki',
  description: 'Pushes logs to Grafana Loki, with labels, structured metadata and tenants as the config says.',
  signals: ['logs'],
  config: configSchema,
  check: checkLoki,
  diagnose: async ({ endpoint }) => [await diagnoseConnect(serverOf(new URL(endpoint)))],
  create(config, context) {
    const poster = posterOf(config);
    const send = createSend(config, poster, context);
    let stopped = false;
    return {
      async start() {
        if (config.endpoint.startsWith('https:')) proveTls(config.tls);
      },
      async consume(batch, signal) {
        if (stopped) throw new Error('The exporter has been shut down.');
        if (batch.signal !== 'logs') throw new PermanentError(`Loki takes logs, no ${batch.signal}.`);
        if (itemCount(batch) > 0) await send(batch, signal);
      },
      async shutdown(signal) {
        stopped = true;
        await poster.close(signal);
      },
    };
  },
});

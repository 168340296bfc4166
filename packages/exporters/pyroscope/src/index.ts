import { defineExporter, diagnoseConnect, itemCount, PermanentError } from '@millrace/core';
import { posterOf, proveTls, serverOf } from '@millrace/http-client';
import { checkPyroscope } from './check.ts';
import { configSchema } from './config.ts';
import { createSend } from './send.ts';

export default defineExporter({
  type: 'pyroscope',
  description: 'Pushes profiles to Grafana Pyroscope and to Pyroscope before it.',
  signals: ['profiles'],
  config: configSchema,
  check: checkPyroscope,
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
        if (batch.signal !== 'profiles') throw new PermanentError(`Pyroscope takes profiles, no ${batch.signal}.`);
        if (itemCount(batch) > 0) await send(batch, signal);
      },
      async shutdown(signal) {
        stopped = true;
        await poster.close(signal);
      },
    };
  },
});

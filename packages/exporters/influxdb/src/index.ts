import { defineExporter, diagnoseConnect, itemCount } from '@millrace/core';
import { posterOf, proveTls, serverOf } from '@millrace/http-client';
import { checkInfluxdb, configSchema } from './config.ts';
import { createSend } from './send.ts';

export default defineExporter({
  type: 'influxdb',
  description: 'Writes metrics, logs and traces to InfluxDB 1, 2 and 3, and to what speaks their line protocol.',
  signals: ['metrics', 'logs', 'traces'],
  parallel: true,
  config: configSchema,
  check: checkInfluxdb,
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
        if (itemCount(batch) > 0) await send(batch, signal);
      },
      async shutdown(signal) {
        stopped = true;
        await poster.close(signal);
      },
    };
  },
});

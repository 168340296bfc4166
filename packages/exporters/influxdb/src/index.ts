import { defineExporter } from '@millrace/core';
import { diagnoseServers, httpExporter, posterOf } from '@millrace/http-client';
import { checkInfluxdb, configSchema } from './config.ts';
import { influxdbSender } from './send.ts';

const signals = ['metrics', 'logs', 'traces'] as const;

export default defineExporter({
  type: 'influxdb',
  description: 'Writes metrics, logs and traces to InfluxDB 1, 2 and 3, and to what speaks their line protocol.',
  signals,
  parallel: true,
  config: configSchema,
  check: checkInfluxdb,
  diagnose: ({ endpoint }) => diagnoseServers([new URL(endpoint)]),
  create(config, context) {
    const poster = posterOf(config);
    const sender = influxdbSender(config, poster, context);
    return httpExporter({ signals, urls: [new URL(config.endpoint)], tls: config.tls, poster, sender });
  },
});

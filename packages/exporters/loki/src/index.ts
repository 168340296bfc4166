import { defineExporter } from '@millrace/core';
import { diagnoseServers, httpExporter, posterOf } from '@millrace/http-client';
import { checkLoki } from './check.ts';
import { configSchema } from './config.ts';
import { lokiSender } from './send.ts';

const signals = ['logs'] as const;

export default defineExporter({
  type: 'loki',
  description: 'Pushes logs to Grafana Loki, with labels, structured metadata and tenants as the config says.',
  signals,
  config: configSchema,
  check: checkLoki,
  diagnose: ({ endpoint }) => diagnoseServers([new URL(endpoint)]),
  create(config, context) {
    const poster = posterOf(config);
    const sender = lokiSender(config, poster, context);
    return httpExporter({ signals, urls: [new URL(config.endpoint)], tls: config.tls, poster, sender });
  },
});

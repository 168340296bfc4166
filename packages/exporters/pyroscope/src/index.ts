import { defineExporter } from '@millrace/core';
import { diagnoseServers, httpExporter, posterOf } from '@millrace/http-client';
import { checkPyroscope } from './check.ts';
import { configSchema } from './config.ts';
import { pyroscopeSender } from './send.ts';

const signals = ['profiles'] as const;

export default defineExporter({
  type: 'pyroscope',
  description: 'Pushes profiles to Grafana Pyroscope and to Pyroscope before it.',
  signals,
  config: configSchema,
  check: checkPyroscope,
  diagnose: ({ endpoint }) => diagnoseServers([new URL(endpoint)]),
  create(config, context) {
    const poster = posterOf(config);
    const sender = pyroscopeSender(config, poster, context);
    return httpExporter({ signals, urls: [new URL(config.endpoint)], tls: config.tls, poster, sender });
  },
});

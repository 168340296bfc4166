import { authSchema } from '../auth.ts';
import { endpointsSchema, loadBalancingSchema } from '../balance/config.ts';
import { compressionParamsSchema, compressionSchema } from '../compression.ts';
import { headersSchema } from '../headers.ts';
import { tlsSchema } from '../tls.ts';

export const httpConfig = {
  properties: {
    endpoint: {
      type: 'string',
      description:
        'The URL to send to: `/v1/metrics`, `/v1/logs`, `/v1/traces` and `/v1development/profiles` are added to it.',
    },
    endpoints: endpointsSchema,
    load_balancing: loadBalancingSchema,
    metrics_endpoint: { type: 'string', description: 'The whole URL for metrics, instead.' },
    logs_endpoint: { type: 'string', description: 'The whole URL for logs, instead.' },
    traces_endpoint: { type: 'string', description: 'The whole URL for traces, instead.' },
    profiles_endpoint: { type: 'string', description: 'The whole URL for profiles, instead.' },
    encoding: {
      type: 'string',
      enum: ['proto', 'json'],
      default: 'proto',
      description: 'How requests are encoded. Profiles cannot be sent as JSON.',
    },
    compression: compressionSchema,
    compression_params: compressionParamsSchema,
    headers: headersSchema,
    auth: authSchema,
    tls: tlsSchema,
    proxy_url: {
      type: 'string',
      format: 'secret',
      description: 'The HTTP proxy to go through, `http://host:port`, also with a user and a password.',
    },
    max_conns_per_host: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'How many connections to open at most; 0 is without limit.',
    },
    idle_conn_timeout: {
      type: 'string',
      format: 'duration',
      default: '1m30s',
      description: 'How long a connection is kept that is not used.',
    },
    disable_keep_alives: {
      type: 'boolean',
      default: false,
      description: 'Open a connection for each request.',
    },
  },
} as const;

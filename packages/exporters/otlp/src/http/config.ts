import { compressionParamsSchema, compressionSchema, exporterSchema } from '@millrace/http-client';
import { endpointsSchema, loadBalancingSchema } from '../balance/config.ts';

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
    ...exporterSchema,
  },
} as const;

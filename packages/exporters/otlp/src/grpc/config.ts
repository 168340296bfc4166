import {
  authSchema,
  compressionParamsSchema,
  compressionSchema,
  headersSchema,
  tlsSchema,
} from '@millrace/http-client';
import { endpointsSchema, loadBalancingSchema } from '../balance/config.ts';
import { keepaliveSchema } from './keepalive.ts';

export const grpcConfig = {
  properties: {
    endpoint: {
      type: 'string',
      minLength: 1,
      description:
        'Where to send to: `host:port`, also with `http://`, `https://` or `dns:///` in front, or `unix:/path`.',
    },
    endpoints: endpointsSchema,
    load_balancing: loadBalancingSchema,
    balancer_name: {
      type: 'string',
      enum: ['round_robin', 'pick_first'],
      default: 'round_robin',
      description:
        'Which address is used where the name of an endpoint has several: each in its turn, or the first that answers.',
    },
    wait_for_ready: {
      type: 'boolean',
      default: false,
      description: 'Wait for a connection, as long as `timeout` allows, instead of failing where there is none.',
    },
    tls: tlsSchema,
    headers: headersSchema,
    auth: authSchema,
    compression: compressionSchema,
    compression_params: compressionParamsSchema,
    authority: {
      type: 'string',
      description: 'What the request calls the server (`:authority`), if not its endpoint.',
    },
    keepalive: keepaliveSchema,
  },
} as const;

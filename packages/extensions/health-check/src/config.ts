import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

export const config = {
  properties: {
    endpoint: {
      type: 'string',
      exclusive: 'address',
      format: 'endpoint',
      default: 'localhost:13133',
      description: 'Where to listen, `host:port`; `0.0.0.0:13133` for all addresses, port 0 for one that is free.',
    },
    path: {
      type: 'string',
      pattern: '^/',
      default: '/',
      description: 'The path of the health. With `/`, all paths but `/live` and `/ready`.',
    },
    exporter_failing_for: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'Unhealthy once all that an exporter has tried for so long has failed. 0s: never for that.',
    },
    queue_fill: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      description:
        'Unhealthy once the sending queue of an exporter is this full: 0.9 is nine tenths. Without it, never for that.',
    },
    queue_fill_for: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'For how long it must have been.',
    },
    response_body: {
      anyOf: [
        { type: 'string', description: 'The same for both.' },
        {
          type: 'object',
          description: 'One for each.',
          properties: {
            healthy: { type: 'string', description: 'The body of an answer with the status 200.' },
            unhealthy: { type: 'string', description: 'The body of an answer with the status 503.' },
          },
        },
      ],
      description: 'A text to answer with, in place of the JSON.',
    },
    tls: {
      type: 'object',
      description: 'Serves https.',
      properties: {
        cert_file: { type: 'string', description: 'The certificate (chain) of the server, PEM.' },
        key_file: { type: 'string', description: 'Its private key, PEM.' },
        client_ca_file: {
          type: 'string',
          description: 'Clients must show a certificate that one of these authorities has signed, PEM.',
        },
      },
      required: ['cert_file', 'key_file'],
    },
  },
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;

export function check({ queue_fill: fill, queue_fill_for: forMs }: Config): readonly Problem[] {
  if (fill !== undefined || forMs === 0) return [];
  return [{ path: ['queue_fill_for'], message: 'queue_fill_for needs queue_fill: how full the queue must be.' }];
}

import type { ConfigOf } from '@millrace/core';
import { admissionSchemas } from '../admission.ts';
import { transportSchema } from '../listen.ts';
import { tlsSchema } from '../tls.ts';

const bufferSize = {
  type: 'integer',
  minimum: 0,
  description: "Taken, as the collector has it; Node.js chooses its buffers' sizes itself.",
} as const;

/** The keys of a receiver over gRPC: the collector's `configgrpc`, without the endpoint, whose default is each one's own. */
export const grpcProperties = {
  transport: transportSchema,
  max_recv_msg_size_mib: {
    type: 'integer',
    minimum: 0,
    maximum: 2047,
    default: 4,
    description: 'How large a message may be, before and after it is decompressed, in MiB. 0 stands for 4.',
  },
  max_concurrent_streams: {
    type: 'integer',
    minimum: 0,
    maximum: 2 ** 32 - 1,
    default: 0,
    description: 'How many requests one connection may have under way; what comes above waits. 0 stands for 250.',
  },
  read_buffer_size: bufferSize,
  write_buffer_size: bufferSize,
  tls: tlsSchema,
  keepalive: {
    type: 'object',
    description: 'How connections are watched.',
    default: {},
    properties: {
      server_parameters: {
        type: 'object',
        description: 'When a connection ends.',
        default: {},
        properties: {
          max_connection_idle: {
            type: 'string',
            format: 'duration',
            description: 'A connection without requests for so long is asked to end. Without it, never.',
          },
          max_connection_age: {
            type: 'string',
            format: 'duration',
            description: 'A connection that is so old is asked to end, so that senders spread anew. Without it, never.',
          },
          max_connection_age_grace: {
            type: 'string',
            format: 'duration',
            description: 'How long its requests may go on after that. Without it, for ever.',
          },
          time: {
            type: 'string',
            format: 'duration',
            default: '2h',
            description: 'A connection on which nothing came for so long is asked whether it is still there.',
          },
          timeout: {
            type: 'string',
            format: 'duration',
            default: '20s',
            description: 'How long its answer may take before it is cut.',
          },
        },
      },
      enforcement_policy: {
        type: 'object',
        description: 'Cuts connections that ping too often. Without it, none.',
        properties: {
          min_time: {
            type: 'string',
            format: 'duration',
            default: '5m',
            description: 'How far apart pings must be.',
          },
          permit_without_stream: {
            type: 'boolean',
            default: false,
            description: 'Whether a connection may ping at that rate also while it has no request.',
          },
        },
      },
    },
  },
  ...admissionSchemas,
} as const;

export type GrpcConfig = { readonly endpoint: string } & ConfigOf<{ readonly properties: typeof grpcProperties }>;

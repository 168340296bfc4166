import type { ConfigOf } from '@millrace/core';
import { grpcProperties } from '@millrace/server';

export const grpcSchema = {
  type: 'object',
  description: 'OTLP over gRPC. Off unless it is named.',
  properties: {
    endpoint: {
      type: 'string',
      exclusive: 'address',
      minLength: 1,
      default: 'localhost:4317',
      description: 'Where to listen, `host:port`; `0.0.0.0:4317` for all addresses, port 0 for one that is free.',
    },
    ...grpcProperties,
  },
} as const;

export type OtlpGrpcConfig = ConfigOf<{ properties: { grpc: typeof grpcSchema }; required: ['grpc'] }>['grpc'];

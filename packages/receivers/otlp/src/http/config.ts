import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { ConfigOf, Problem } from '@millrace/core';
import { describeError } from '@millrace/core';
import { admissionSchemas, checkEndpoint, tlsSchema, transportSchema } from '@millrace/server';

const path = (of: string, fallback: string) =>
  ({ type: 'string', pattern: '^/', default: fallback, description: `The path that takes ${of}.` }) as const;

const text = (description: string) => ({ type: 'string', description }) as const;

export const httpSchema = {
  type: 'object',
  description: 'OTLP over HTTP, protobuf and JSON. Off unless it is named.',
  properties: {
    endpoint: {
      type: 'string',
      exclusive: 'address',
      minLength: 1,
      default: 'localhost:4318',
      description: 'Where to listen, `host:port`; `0.0.0.0:4318` for all addresses, port 0 for one that is free.',
    },
    transport: transportSchema,
    metrics_url_path: path('metrics', '/v1/metrics'),
    logs_url_path: path('logs', '/v1/logs'),
    traces_url_path: path('traces', '/v1/traces'),
    profiles_url_path: path('profiles', '/v1development/profiles'),
    max_request_body_size: {
      type: 'string',
      format: 'bytes',
      default: '20MiB',
      description: 'How large a body may be, before and after it is decompressed. 0 stands for 20MiB.',
    },
    compression_algorithms: {
      type: 'array',
      items: {
        type: 'string',
        enum: ['', 'gzip', 'zstd', 'zlib', 'deflate'],
        description: 'A content-encoding; the empty one is none.',
      },
      default: ['', 'gzip', 'zstd', 'zlib', 'deflate'],
      description: 'What bodies may be compressed with.',
    },
    cors: {
      type: 'object',
      description: 'Which web pages may send. None unless this is given.',
      properties: {
        allowed_origins: {
          type: 'array',
          items: text('An origin, such as `https://*.example.com`; `*` for any part of it, or alone for any.'),
          default: [],
          description: 'Where the pages come from.',
        },
        allowed_headers: {
          type: 'array',
          items: text('The name of a header; `*` for any.'),
          default: [],
          description: 'Headers that they may send besides those that any page may send, and `content-type`.',
        },
        exposed_headers: {
          type: 'array',
          items: text('The name of a header.'),
          default: [],
          description: 'Headers of the answer that they may see.',
        },
        max_age: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'For how many seconds a browser may remember the answer. 0 leaves it to the browser.',
        },
      },
    },
    response_headers: {
      type: 'object',
      additionalProperties: text('The value of the header.'),
      default: {},
      description: 'Headers of every answer.',
    },
    read_header_timeout: {
      type: 'string',
      format: 'duration',
      default: '1m',
      description: 'How long a sender may take for the headers of a request. 0s: no limit.',
    },
    read_timeout: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'How long a sender may take for a whole request. `0s` stands for 5m.',
    },
    write_timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: "Taken, as the collector has it; an answer fits the socket's buffer, so nothing waits for it.",
    },
    idle_timeout: {
      type: 'string',
      format: 'duration',
      default: '1m',
      description: 'How long a connection stays open between two requests. 0s: no limit.',
    },
    keep_alives_enabled: {
      type: 'boolean',
      default: true,
      description: 'Whether a connection may be used for more than one request.',
    },
    tls: tlsSchema,
    ...admissionSchemas,
  },
} as const;

export type HttpConfig = ConfigOf<{ properties: { http: typeof httpSchema }; required: ['http'] }>['http'];

const paths = ['metrics_url_path', 'logs_url_path', 'traces_url_path', 'profiles_url_path'] as const;

export function checkHttp(config: HttpConfig, at: Problem['path']): Problem[] {
  const doubles = paths.filter((key, index) => paths.findIndex((other) => config[other] === config[key]) !== index);
  return [
    ...checkEndpoint(config, at),
    ...doubles.map((key) => ({ path: [...at, key], message: `${config[key]} is the path of another signal already.` })),
    ...Object.entries(config.response_headers).flatMap(([name, value]) => {
      try {
        validateHeaderName(name);
        validateHeaderValue(name, value);
        return [];
      } catch (error) {
        return [{ path: [...at, 'response_headers', name], message: `${describeError(error)}.` }];
      }
    }),
  ];
}

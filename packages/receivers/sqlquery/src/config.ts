import type { ConfigOf, ConfigSchema } from '@millrace/core';
import { query } from './query-schema.ts';

const connection = {
  driver: {
    type: 'string',
    description: 'The kind of database: `postgres`, `mysql`, `sqlite`, …, or the path of a file that has a driver.',
  },
  datasource: {
    type: 'string',
    format: 'secret',
    description: 'Where the database is, as its own tools write it; instead of host and the keys that follow.',
  },
  host: { type: 'string', description: 'The host, or the folder of its socket.' },
  port: {
    type: 'integer',
    minimum: 1,
    maximum: 65535,
    description: 'The port. Default: the one usual for the database.',
  },
  database: { type: 'string', description: 'The database, or the file of an SQLite one.' },
  username: { type: 'string', description: 'The user.' },
  password: { type: 'string', format: 'secret', description: 'The password.' },
  additional_params: {
    type: 'object',
    description: 'More of the connection, under the names that the database’s own tools use: `sslmode: require`.',
    additionalProperties: {
      anyOf: [
        { type: 'string', description: 'A text.' },
        { type: 'number', description: 'A number.' },
        { type: 'boolean', description: 'Yes or no.' },
      ],
      description: 'The value.',
    },
  },
} as const satisfies ConfigSchema['properties'];

export const config = {
  properties: {
    ...connection,
    targets: {
      type: 'object',
      description:
        'Several databases, by names of your choice, each asked all the queries. Keys that one lacks are those above.',
      additionalProperties: { type: 'object', description: 'A database.', properties: connection },
    },
    queries: { type: 'array', items: query, description: 'The queries.' },
    preset: {
      type: 'string',
      enum: ['postgresql', 'mysql', 'sqlite', 'sqream'],
      description: 'Queries that come with the receiver. One in queries with the same name changes or disables it.',
    },
    query_files: {
      type: 'array',
      items: { type: 'string', description: 'A path or glob, from the working directory.' },
      description: 'YAML files that have more queries, each under a key `queries`.',
    },
    collection_interval: {
      type: 'string',
      format: 'duration',
      default: '10s',
      description: 'How often a query runs that has no interval.',
    },
    initial_delay: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How long after the start queries run first.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'How long a query may take that has no timeout. 0: as long as its interval, at most 1m.',
    },
    storage: {
      type: 'string',
      format: 'extension',
      provides: 'storage',
      description: 'The extension that keeps how far log records have been read, over restarts.',
    },
    max_open_conn: {
      type: 'integer',
      default: 3,
      description: 'How many connections may be open to one database. 0 or less: as many as there are queries.',
    },
    read_only: {
      type: 'boolean',
      default: true,
      description: 'Queries run where they can write nothing: in read-only transactions, or on a read-only file.',
    },
    telemetry: {
      type: 'object',
      default: {},
      description: 'What it says of itself.',
      properties: {
        logs: {
          type: 'object',
          default: {},
          description: 'In its log.',
          properties: {
            query: { type: 'boolean', default: false, description: 'Each statement that runs, at the level debug.' },
          },
        },
      },
    },
  },
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;

import type { ConfigOf } from '@millrace/core';
import type { Connections } from './agents.ts';
import type { Client } from './client.ts';
import { createClient } from './client.ts';
import type { Poster } from './post.ts';
import { parseProxy } from './proxy.ts';
import { tlsSchema } from './tls.ts';

/** The keys of an exporter that say how it connects: the collector's `confighttp`. */
export const connectionsSchema = {
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
} as const;

export type ConnectionsConfig = ConfigOf<{
  readonly properties: typeof connectionsSchema;
}>;

const connectionsOf = (config: ConnectionsConfig): Connections => ({
  tls: config.tls,
  maxPerHost: config.max_conns_per_host,
  idleTimeoutMs: config.idle_conn_timeout,
  keepAlive: !config.disable_keep_alives,
  proxy: config.proxy_url === undefined ? undefined : parseProxy(config.proxy_url),
});

export const clientOf = (config: ConnectionsConfig): Client => createClient(connectionsOf(config));
export const posterOf = (config: ConnectionsConfig): Poster => clientOf(config);

import type { Context } from '@millrace/core';
import { credentialsOf } from '@millrace/http-client';
import { type Client, createClient } from '../api/client.ts';
import {
  bareSession,
  type Credentials,
  fixedCredentials,
  givenCredentials,
  sessionHeaders,
} from '../api/credentials.ts';
import { type Endpoint, endpointOf } from '../api/endpoint.ts';
import { createTransport, type Transport } from '../api/transport.ts';
import { logInWith } from '../api/login.ts';
import { sessionCredentials } from '../api/session.ts';
import type { ClusterConfig, Config } from '../config.ts';

/** A cluster and how to ask it. */
export interface Cluster {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly client: Client;
}

export function createCluster(config: ClusterConfig, settings: Config, context: Context): Cluster {
  const transport = createTransport({
    tls: config.tls,
    headers: config.headers,
    timeoutMs: settings.request_timeout,
    maxBytes: settings.max_reply_size,
  });
  const client = createClient(transport, credentialsFor(config, transport, context));
  return { name: config.name, endpoints: config.endpoints.map(endpointOf), client };
}

function credentialsFor(config: ClusterConfig, transport: Transport, context: Context): Credentials {
  const { username, password = '', session, token, auth } = config;
  if (username) return sessionCredentials(logInWith({ username, password }, transport), context.clock);
  if (session !== undefined) return fixedCredentials(sessionHeaders(bareSession(session)));
  if (token !== undefined) return fixedCredentials({ authorization: `Bearer ${token}` });
  const given = credentialsOf(context, auth);
  return given ? givenCredentials(given) : fixedCredentials({});
}

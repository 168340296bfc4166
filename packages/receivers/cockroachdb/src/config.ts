import type { ConfigOf, Problem } from '@millrace/core';
import { authSchema, checkEndpoint, checkHeaders, checkTls, headersSchema, tlsSchema } from '@millrace/http-client';
import { presetNames } from './presets/index.ts';

const clusterSchema = {
  type: 'object',
  description: 'One cluster.',
  properties: {
    name: {
      type: 'string',
      minLength: 1,
      description: 'What it is called: the resource attribute `cockroachdb.cluster.name`.',
    },
    endpoints: {
      type: 'array',
      minItems: 1,
      description:
        'Where its nodes answer over HTTP: `https://node1:8080`. Each is probed; what one tells of the whole cluster is asked of the next if it fails.',
      items: { type: 'string', minLength: 1, description: 'The URL of one node.' },
    },
    username: {
      type: 'string',
      description: 'SQL user to log in with. The session is renewed when it has expired. Empty: nobody logs in.',
    },
    password: { type: 'string', format: 'secret', description: 'Password of that user.' },
    session: {
      type: 'string',
      format: 'secret',
      minLength: 1,
      description: 'A session in place of a login: what `cockroach auth-session login` prints.',
    },
    token: {
      type: 'string',
      format: 'secret',
      minLength: 1,
      description: 'A bearer token in place of a login: a JWT that the cluster takes.',
    },
    auth: {
      ...authSchema,
      description: 'Credentials of an extension in place of a login, for a proxy before the nodes.',
    },
    headers: headersSchema,
    tls: tlsSchema,
  },
  required: ['name', 'endpoints'],
} as const;

export const config = {
  properties: {
    clusters: {
      type: 'array',
      minItems: 1,
      description: 'The clusters. Each is asked for itself, at the same time as the others.',
      items: clusterSchema,
    },
    presets: {
      type: 'array',
      description:
        'What to read besides from each node’s `/_status/vars`, a page of megabytes: `sql`, `storage`, `replication`, `runtime`.',
      default: [],
      items: { type: 'string', enum: presetNames, description: 'A list of metrics.' },
    },
    request_timeout: {
      type: 'string',
      format: 'duration',
      default: '3s',
      description: 'How long a node may take for one answer. Then the next is asked.',
    },
    max_reply_size: {
      type: 'string',
      format: 'bytes',
      default: '64MiB',
      description: 'The longest answer to take. It is read as it comes and not kept; 200 nodes tell about 20 MiB.',
    },
  },
  required: ['clusters'],
} as const;

export type Config = ConfigOf<typeof config>;
export type ClusterConfig = Config['clusters'][number];

export function checkConfig({ clusters, request_timeout: timeout }: Config): Problem[] {
  const problems = clusters.flatMap((cluster, index) =>
    checkCluster(cluster).map(({ path, message }) => ({
      path: ['clusters', index, ...path],
      message: `Cluster ${cluster.name}: ${message}`,
    })),
  );
  for (const [index, { name }] of clusters.entries())
    if (clusters.findIndex((other) => other.name === name) < index)
      problems.push({ path: ['clusters', index, 'name'], message: `There is another cluster called ${name}.` });
  if (timeout <= 0) problems.push({ path: ['request_timeout'], message: 'request_timeout must be more than 0.' });
  return problems;
}

function checkCluster(cluster: ClusterConfig): Problem[] {
  const { endpoints, username, password, headers, tls } = cluster;
  const problems = [...checkTls(tls), ...checkHeaders(headers)];
  for (const [index, endpoint] of endpoints.entries()) {
    const path = ['endpoints', index];
    problems.push(...checkEndpoint(endpoint, { path, name: endpoint, instead: 'use username and password' }));
    if (endpoints.indexOf(endpoint) < index) problems.push({ path, message: `${endpoint} is there twice.` });
  }
  if (!username && password) problems.push({ path: ['username'], message: 'password goes with a username.' });
  if (username && !password) problems.push({ path: ['password'], message: 'username goes with a password.' });
  const ways = (['username', 'session', 'token', 'auth'] as const).filter((key) => cluster[key]);
  if (ways.length > 1) problems.push({ path: [ways[1]!], message: `${ways.join(' and ')}: give one of them.` });
  return problems;
}

import type { ConfigOf, Problem } from '@millrace/core';
import { admissionSchemas, checkEndpoint, tlsSchema, transportSchema } from '@millrace/server';

const count = (description: string, byDefault: number) =>
  ({ type: 'integer', minimum: 1, default: byDefault, description }) as const;

export const config = {
  properties: {
    endpoint: {
      type: 'string',
      exclusive: 'address',
      minLength: 1,
      default: 'localhost:4000',
      description:
        'Where to listen, for gRPC and for HTTP, `host:port`; `0.0.0.0:4000` for all addresses, port 0 for one that is free.',
    },
    transport: transportSchema,
    tls: tlsSchema,
    auth: {
      ...admissionSchemas.auth,
      description: 'Who may ask.',
    },
    allowed_hosts: {
      type: 'array',
      default: [],
      items: { type: 'string', minLength: 1, description: 'A name, such as `monitor.example.com`.' },
      description:
        'Names under which HTTP is asked, besides addresses, `localhost`, the name of this machine and that of `endpoint`. With `auth`, any.',
    },
    allowed_origins: {
      type: 'array',
      default: [],
      items: { type: 'string', pattern: '^https?://[^/*]+$', description: 'An origin: `https://dash.example.com`.' },
      description: 'Where web pages may come from that ask over HTTP. None unless they are named.',
    },
    cluster_attribute: {
      type: 'string',
      minLength: 1,
      default: 'cockroachdb.cluster.name',
      description:
        'The attribute of resources that says of which cluster they are. Those without it are of the cluster "".',
    },
    reports: count('How many reports are kept of each cluster and signal.', 100),
    max_bytes: {
      type: 'string',
      format: 'bytes',
      default: '64MiB',
      description: 'How much memory reports may take, those that subscribers wait for included. The oldest make room.',
    },
    max_clusters: count('Of how many clusters. The one that was silent for longest makes room.', 1000),
    subscriber_queue: count(
      'How many reports may wait for a subscriber. The oldest make room, and it is told how many.',
      100,
    ),
    max_subscribers: count('How many may be subscribed at the same time. Others are refused.', 1000),
    reader_timeout: {
      type: 'string',
      format: 'duration',
      default: '5m',
      description:
        'How long a client may take nothing of a report that is being sent to it. Its subscription, or the answer over HTTP, is then ended. 0: for ever.',
    },
    allow_changes: {
      type: 'boolean',
      default: false,
      description: 'Whether clients may call commands that change something. Others only read.',
    },
    command_timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'How long a command may take.',
    },
    storage: {
      type: 'string',
      format: 'extension',
      provides: 'storage',
      description: 'The storage extension that keeps the reports over restarts. Default: in memory.',
    },
  },
} as const;

export type Config = ConfigOf<typeof config>;

export const check = (settings: Config): Problem[] => checkEndpoint(settings, []);

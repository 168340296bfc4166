import type { ConfigOf } from '@millrace/core';
import { httpKeys } from './http.ts';

const query = {
  type: 'object',
  description: 'What to pull: either a query, or an application with a profile type.',
  properties: {
    query: {
      type: 'string',
      minLength: 1,
      description:
        'As Pyroscope has it: `app.cpu{tag="v"}`, or `process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="app"}`.',
    },
    application: { type: 'string', minLength: 1, description: 'The name of the application.' },
    profile_type: {
      type: 'string',
      default: 'cpu',
      description: 'With `application`: `cpu`, `alloc_space`, …, or all five parts that a Grafana Pyroscope has.',
    },
    selector: {
      type: 'string',
      default: '',
      description: 'With `application`: what labels must be, `region="eu", pod=~"web-.*"`.',
    },
    attributes: {
      type: 'object',
      description: 'Attributes for the resource.',
      default: {},
      additionalProperties: { type: 'string', description: 'The value of one.' },
    },
  },
} as const;

const discover = {
  type: 'object',
  description: 'Ask the server what it has, and pull what fits.',
  properties: {
    applications: {
      type: 'string',
      default: '.*',
      description: 'A regular expression for whole names of applications.',
    },
    profile_types: {
      type: 'string',
      default: '.*',
      description: 'A regular expression for whole profile types: `cpu`, or `process_cpu:cpu:.*`.',
    },
    interval: { type: 'string', format: 'duration', default: '1m', description: 'How often the server is asked.' },
    limit: {
      type: 'integer',
      minimum: 1,
      default: 100,
      description: 'How many queries to make at most; more are left out.',
    },
  },
} as const;

export const serverKeys = {
  endpoint: { type: 'string', description: 'The URL of the server: `http://localhost:4040`. A path is kept.' },
  generation: {
    type: 'string',
    enum: ['auto', 'legacy', 'v1'],
    default: 'auto',
    description: 'How it is asked: `legacy` up to 0.37, `v1` from Grafana Pyroscope 1.0 on, `auto` finds out.',
  },
  tenant: { type: 'string', description: 'The header `x-scope-orgid`.' },
  ...httpKeys,
  queries: { type: 'array', default: [], description: 'What to pull.', items: query },
  discover,
  window: {
    type: 'string',
    format: 'duration',
    default: '1m',
    description: 'How much time is pulled at once: whole minutes, or 10s, 20s, 30s.',
  },
  delay: {
    type: 'string',
    format: 'duration',
    default: '30s',
    description: 'How long late profiles are waited for after the end of a window.',
  },
  max_catch_up: {
    type: 'string',
    format: 'duration',
    default: '1h',
    description:
      'How old a window may be, after a restart or an outage, to be pulled yet. Older ones are counted and left out.',
  },
  timeout: { type: 'string', format: 'duration', default: '30s', description: 'How long an answer may take.' },
} as const;

const serverSchema = { properties: serverKeys, required: ['endpoint'] } as const;
export type ServerConfig = ConfigOf<typeof serverSchema>;
export type QueryConfig = ServerConfig['queries'][number];
export type DiscoverConfig = NonNullable<ServerConfig['discover']>;

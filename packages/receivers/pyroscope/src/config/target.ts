import type { ConfigOf } from '@millrace/core';
import { profileKinds } from '../target/kinds.ts';
import { httpKeys } from './http.ts';

const ofProfile = {
  enabled: { type: 'boolean', description: 'Whether to pull it.' },
  path: { type: 'string', description: 'Where it is, below the URL of the target.' },
  delta: {
    type: 'boolean',
    description: 'Of a profile that counts from the start of the program: take what has come since the last one.',
  },
} as const;

type ProfileSchema = {
  readonly type: 'object';
  readonly description: string;
  readonly properties: typeof ofProfile;
};

const known = Object.fromEntries(
  Object.entries(profileKinds).map(([name, { description }]) => [
    name,
    { type: 'object', description, properties: ofProfile } satisfies ProfileSchema,
  ]),
) as unknown as { readonly [K in keyof typeof profileKinds]: ProfileSchema };

const profiles = {
  type: 'object',
  description: 'Which profiles to pull.',
  default: {},
  properties: {
    ...known,
    custom: {
      type: 'object',
      description: 'Others, by names of your own.',
      default: {},
      additionalProperties: {
        type: 'object',
        description: 'One of them.',
        properties: {
          path: { type: 'string', description: 'Where it is, with its query.' },
          delta: { type: 'boolean', default: false, description: 'Take what has come since the last one.' },
        },
        required: ['path'],
      },
    },
  },
} as const;

const processes = {
  type: 'array',
  description: 'Processes of this machine that have pprof endpoints. One that is started again is found again.',
  default: [],
  items: {
    type: 'object',
    description: 'Those that fit all that is given.',
    properties: {
      name: { type: 'string', format: 'regex', description: 'Fits the name of the process (`comm`).' },
      cmdline: {
        type: 'string',
        format: 'regex',
        description: 'Fits the command line, its arguments joined by spaces. Named groups can be used in `url`.',
      },
      url: {
        type: 'string',
        description: 'Where such a process is asked; `{pid}`, `{name}` and the named groups of `cmdline` are replaced.',
      },
      service_name: {
        type: 'string',
        description: 'Its `service.name`, with the same replacements. Default: the name of the process.',
      },
    },
    required: ['url'],
  },
} as const;

export const targetKeys = {
  urls: {
    type: 'array',
    default: [],
    description: 'Where programs are asked: `http://localhost:6060`.',
    items: { type: 'string', description: 'A URL, without the path of a profile.' },
  },
  files: {
    type: 'array',
    default: [],
    description: 'Files that say targets, as Prometheus has them: paths and globs of JSON and YAML. Changes are seen.',
    items: { type: 'string', description: 'A path or a glob.' },
  },
  processes,
  root_path: { type: 'string', default: '/', description: 'Where the file system of the machine is, for `proc`.' },
  service_name: { type: 'string', description: 'The `service.name` of the targets. Default: host and port of each.' },
  attributes: {
    type: 'object',
    description: 'Attributes for the resource.',
    default: {},
    additionalProperties: { type: 'string', description: 'The value of one.' },
  },
  scrape_interval: {
    type: 'string',
    format: 'duration',
    default: '15s',
    description: 'How often each profile is pulled.',
  },
  scrape_timeout: {
    type: 'string',
    format: 'duration',
    default: '18s',
    description: 'How long an answer may take, the time of the profile included.',
  },
  delta_profiling_duration: {
    type: 'string',
    format: 'duration',
    default: '14s',
    description: 'How long the CPU is profiled, in whole seconds, at least one second less than the interval.',
  },
  profiles,
  ...httpKeys,
} as const;

const targetSchema = { properties: targetKeys } as const;
export type TargetConfig = ConfigOf<typeof targetSchema>;
export type ProcessConfig = TargetConfig['processes'][number];

import type { ConfigOf } from '@millrace/core';
import { serverKeys } from './server.ts';
import { targetKeys } from './target.ts';

const pattern = (description: string) =>
  ({ type: 'string', description: `${description} A regular expression, in Go's syntax.` }) as const;

export const config = {
  properties: {
    servers: {
      type: 'array',
      default: [],
      description: 'Pyroscope servers to pull from.',
      items: { type: 'object', description: 'One of them.', properties: serverKeys, required: ['endpoint'] },
    },
    targets: {
      type: 'array',
      default: [],
      description: 'Programs to pull from: their own pprof endpoints.',
      items: { type: 'object', description: 'Some that are pulled alike.', properties: targetKeys },
    },
    functions: {
      type: 'object',
      description: 'Which functions get values of their own, in metrics and reports. The profiles signal has all.',
      default: {},
      properties: {
        limit: {
          type: 'integer',
          minimum: 1,
          default: 50,
          description: 'How many, of each profile: those with the greatest values by self and by total.',
        },
        focus: pattern('Only stacks with a function that matches.'),
        ignore: pattern('No stacks with a function that matches.'),
        show: pattern('Only functions that match.'),
        hide: pattern('No functions that match; what was spent in one counts for its caller.'),
      },
    },
    report: {
      type: 'object',
      description: 'The report of a profile, a log record.',
      default: {},
      properties: {
        functions: {
          type: 'integer',
          minimum: 1,
          default: 20,
          description: 'How many functions its table has at most.',
        },
      },
    },
    max_profile_bytes: {
      type: 'string',
      format: 'bytes',
      default: '64MiB',
      description: 'Of a profile, also when it is inflated; a bigger one is counted and left out.',
    },
    max_concurrent: {
      type: 'integer',
      minimum: 1,
      default: 8,
      description: 'How many profiles are pulled and looked at at once from one server, or from all targets together.',
    },
    storage: {
      type: 'string',
      format: 'extension',
      provides: 'storage',
      description:
        'The id of an extension that keeps how far servers have been pulled, so that a restart misses nothing.',
    },
  },
} as const;

export type Config = ConfigOf<typeof config>;
export type FunctionsConfig = Config['functions'];

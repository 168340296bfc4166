import type { ConfigOf, Problem } from '@millrace/core';

const selection = {
  names: {
    type: 'array',
    items: { type: 'string', description: 'A name, or a regular expression.' },
    description: 'Names of the executable (`process.executable.name`).',
    default: [],
  },
  match_type: {
    type: 'string',
    enum: ['strict', 'regexp'],
    description: 'How `names` are meant: the whole name, or a regular expression that matches a part of it.',
    default: 'strict',
  },
  users: {
    type: 'array',
    items: { type: 'string', description: 'A user name, or a number where the user has no name.' },
    description: 'Owners (`process.owner`).',
    default: [],
  },
  cgroups: {
    type: 'array',
    items: { type: 'string', description: 'A path; `*` stands for any characters, slashes too.' },
    description: 'Paths of the cgroup (`process.linux.cgroup`), whole; `*` stands for any characters, slashes too.',
    default: [],
  },
  command_lines: {
    type: 'array',
    items: { type: 'string', format: 'regex', description: 'A regular expression.' },
    description: 'Regular expressions that match a part of the command line (`process.command_line`).',
    default: [],
  },
} as const;

export const config = {
  properties: {
    root_path: {
      type: 'string',
      description:
        "Where the host's file system is found: processes are read from `<root_path>/proc`, user names from `<root_path>/etc/passwd`.",
      default: '/',
      minLength: 1,
    },
    include: {
      type: 'object',
      description:
        'Only processes that match are reported. A process matches when every list that is not empty has an entry for it.',
      default: {},
      properties: selection,
    },
    exclude: {
      type: 'object',
      description:
        'Processes that match are not reported, even if `include` matches them too. Matching is as for `include`.',
      default: {},
      properties: selection,
    },
    kernel_threads: {
      type: 'boolean',
      description: 'Report kernel threads too. They have no memory and no command line.',
      default: false,
    },
    max_processes: {
      type: 'integer',
      description:
        'Report at most this many processes, those with the most resident memory; the others are counted as dropped. 0: all.',
      default: 0,
      minimum: 0,
    },
    min_uss: {
      type: 'string',
      format: 'bytes',
      description: 'Do not report processes whose USS is known to be less.',
      default: '0',
    },
    max_open_files: {
      type: 'integer',
      description:
        'Files of /proc that may stay open between scans, up to three for each process, which halves the cost of reading them. 0: none.',
      default: 4096,
      minimum: 0,
    },
    smaps: {
      type: 'object',
      description:
        'How much may be spent on reading memory maps (PSS, USS, swap), which holds up the process that is read.',
      default: {},
      properties: {
        budget: {
          type: 'string',
          format: 'duration',
          description: 'Time for a scan; what does not fit is read at the next. 0: everything is read at every scan.',
          default: '250ms',
        },
        refresh: {
          type: 'string',
          format: 'duration',
          description: 'A process whose memory and CPU time have not moved is read again after this time.',
          default: '5m',
        },
        max_age: {
          type: 'string',
          format: 'duration',
          description: 'A reading older than this is not reported any more.',
          default: '1h',
        },
      },
    },
  },
} as const;

export type Config = ConfigOf<typeof config>;
export type Selection = Config['include'];

/** What the schema cannot say: `names` are regular expressions only with `match_type: regexp`. */
export function checkConfig({ include, exclude }: Config): Problem[] {
  const problems: Problem[] = [];
  for (const [key, { names, match_type }] of Object.entries({ include, exclude })) {
    if (match_type !== 'regexp') continue;
    for (const [index, name] of names.entries()) {
      try {
        new RegExp(name);
      } catch (error) {
        problems.push({
          path: [key, 'names', index],
          message: `is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
        });
      }
    }
  }
  return problems;
}

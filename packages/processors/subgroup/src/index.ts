import { defineProcessor } from '@millrace/core';
import { inlineProblems, ruleSource } from './load.ts';
import { createSubgroup } from './subgroup.ts';

export type { RuleEntry } from './entry.ts';
export type { ExplainedRule, Explanation } from './explain.ts';
export { explain } from './explain.ts';
export type { RulesConfig } from './load.ts';
export { loadRules } from './load.ts';
export { processFromText } from './process.ts';
export type { RuleSet, Subgroup } from './rules.ts';

const patterns = (description: string) =>
  ({
    description,
    anyOf: [
      { type: 'string', minLength: 1, description: 'One.' },
      {
        type: 'array',
        items: { type: 'string', minLength: 1, description: 'One of several.' },
        description: 'Any of these.',
      },
    ],
  }) as const;

const rule = {
  type: 'object',
  description: 'All kinds that are given must match; of a list, any.',
  properties: {
    group: { type: 'string', minLength: 1, description: 'The group. May hold `{attribute}` and `{named group}`.' },
    subgroup: { type: 'string', minLength: 1, description: 'The subgroup. May hold placeholders, too.' },
    name: patterns('The name of the program. A name that the kernel has cut at 15 bytes matches the whole one.'),
    name_prefix: patterns('What the name starts with.'),
    name_regex: patterns('A regular expression found in the name.'),
    command_line: patterns('A text found in the command line.'),
    command_line_regex: patterns('A regular expression found in the command line.'),
    user: patterns('The owner of the process.'),
    cgroup: patterns('A text found in the path of the cgroup, or a glob for the whole path.'),
    container: patterns('The beginning of the id or of the name of the container, or a glob for the whole.'),
    matches: patterns("Herakles' word for `name`; with `cmdline_matches`, either is enough."),
    cmdline_matches: patterns("Herakles' word for `command_line`."),
  },
  required: ['group', 'subgroup'],
} as const;

const groupList = (description: string) =>
  ({
    type: 'array',
    items: { type: 'string', minLength: 1, description: '`group`, `group/subgroup` or `*/subgroup`.' },
    default: [],
    description,
  }) as const;

/** Says of processes what they are for, and sums them up by it. */
export default defineProcessor({
  type: 'subgroup',
  description: 'Puts processes into groups and subgroups by what they run, and sums their metrics for each.',
  signals: ['metrics', 'logs'],
  config: {
    properties: {
      builtin: { type: 'boolean', default: true, description: 'Whether the built-in table of programs is used.' },
      files: {
        type: 'array',
        items: { type: 'string', minLength: 1, description: 'A path, or a glob.' },
        default: [],
        description: 'Rules files, TOML or YAML. Of all rules that match, the last of the last file wins.',
      },
      rules: { type: 'array', items: rule, default: [], description: 'Rules that come after those of all files.' },
      reload_interval: {
        type: 'string',
        format: 'duration',
        default: '0s',
        description: 'How often to look whether the files have changed; 0 for at start only.',
      },
      include_groups: groupList('Only these stay; with an empty list, all.'),
      exclude_groups: groupList('These are dropped, even if they are included.'),
      disable_others: {
        type: 'boolean',
        default: false,
        description: 'Whether processes that no rule matches are dropped.',
      },
      others: {
        type: 'object',
        description: 'Where processes go that no rule matches.',
        default: {},
        properties: {
          group: {
            type: 'string',
            minLength: 1,
            default: 'other',
            description: 'May hold `{attribute}` placeholders.',
          },
          subgroup: {
            type: 'string',
            minLength: 1,
            default: 'unknown',
            description: 'May hold `{attribute}` placeholders.',
          },
        },
      },
      emit: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', enum: ['processes', 'groups'], description: 'The processes themselves, or the sums.' },
        default: ['processes', 'groups'],
        description: 'What is passed on of processes.',
      },
      sum_by: {
        type: 'array',
        items: { type: 'string', minLength: 1, description: 'A resource attribute.' },
        default: ['host.name', 'host.id'],
        description: 'Resource attributes that keep sums apart, beside group and subgroup.',
      },
      remove_empty_groups: {
        type: 'boolean',
        default: true,
        description:
          'Whether the series of a subgroup end, and its totals are forgotten, when it has no process any more.',
      },
      member_expiration: {
        type: 'string',
        format: 'duration',
        default: '5m',
        description:
          'After how long a process that has not been seen is taken to be gone, if its source does not say so.',
      },
    },
  },
  check(config) {
    const inline = inlineProblems(config.rules).map(({ index, message }) => ({ path: ['rules', index], message }));
    const { problems } = ruleSource(config).read();
    return [...inline, ...problems.map(({ index, message }) => ({ path: ['files', index], message }))];
  },
  create: createSubgroup,
});

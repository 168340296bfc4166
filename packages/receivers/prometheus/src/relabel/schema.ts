import type { ConfigOf, ObjectSchema } from '@millrace/core';

export const actions = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** A text, or what YAML takes for something else where nobody has put it in quotes. */
export const textSchema = (description: string) =>
  ({
    anyOf: [
      { type: 'string', description: 'A text.' },
      { type: 'integer', description: 'A number, taken as its digits.' },
      { type: 'boolean', description: 'Taken as the word.' },
    ],
    description,
  }) as const;

/** Prometheus's `relabel_config`. */
export const relabelSchema = {
  type: 'object',
  description: 'A rule.',
  properties: {
    source_labels: {
      type: 'array',
      items: { type: 'string', description: 'A label; one that is not there is empty.' },
      description: 'The labels whose values are looked at, put together with the separator.',
    },
    separator: { ...textSchema('What stands between the values of several labels. Default: `;`.') },
    regex: {
      ...textSchema('What the whole value must match, as RE2 reads it. Default: `(.*)`.'),
    },
    modulus: { type: 'integer', minimum: 1, description: 'Of hashmod: by how much the hash is divided.' },
    target_label: { type: 'string', description: 'The label that is written, or compared.' },
    replacement: {
      ...textSchema('What is written, with the groups of the regex. Default: `$1`; braces are written `$${1}`.'),
    },
    action: { type: 'string', enum: actions, default: 'replace', description: 'What the rule does.' },
  },
} as const satisfies ObjectSchema;

export type RelabelConfig = ConfigOf<typeof relabelSchema>;

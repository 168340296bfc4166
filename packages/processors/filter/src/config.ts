import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';
import { severities } from './severity.ts';

const matchType = {
  type: 'string',
  enum: ['strict', 'regexp'],
  default: 'strict',
  description:
    'strict: texts must be equal. regexp: they are JavaScript regular expressions, which may match anywhere in the text.',
} as const;

const conditions = (description: string) =>
  ({
    type: 'array',
    description,
    items: {
      type: 'object',
      description: 'One attribute.',
      properties: {
        key: { type: 'string', minLength: 1, description: 'Name of the attribute.' },
        value: {
          anyOf: [
            { type: 'string', description: 'A text, or a regular expression.' },
            { type: 'number', description: 'A number.' },
            { type: 'boolean', description: 'A truth value.' },
          ],
          description: 'What its value must be. Without it, the attribute must only be there.',
        },
      },
      required: ['key'],
    },
  }) as const;

const texts = (description: string) =>
  ({ type: 'array', description, items: { type: 'string', description: 'A text, or a regular expression.' } }) as const;

const metricConditions = {
  match_type: matchType,
  metric_names: texts('One of these is the name of the metric.'),
  resource_attributes: conditions('All of these are in the resource.'),
  attributes: conditions('All of these are in the data point.'),
} as const;

const logConditions = {
  match_type: matchType,
  resource_attributes: conditions('All of these are in the resource.'),
  record_attributes: conditions('All of these are in the record.'),
  bodies: texts('One of these is the body, where it is a text, a number or a truth value.'),
  severity_texts: texts('One of these is the severity text.'),
  severity_number: {
    type: 'object',
    description: 'How severe the record must be.',
    properties: {
      min: { type: 'string', enum: severities, description: 'The lowest severity that matches.' },
      match_undefined: {
        type: 'boolean',
        default: false,
        description: 'Whether a record that says nothing of its severity matches.',
      },
    },
    required: ['min'],
  },
} as const;

export const config = {
  properties: {
    metrics: {
      type: 'object',
      description: 'Which data points pass.',
      properties: {
        include: {
          type: 'object',
          description: 'Only points that meet all these conditions pass.',
          properties: metricConditions,
        },
        exclude: {
          type: 'object',
          description: 'Of those, points that meet all these conditions are dropped.',
          properties: metricConditions,
        },
      },
    },
    logs: {
      type: 'object',
      description: 'Which log records pass.',
      properties: {
        include: {
          type: 'object',
          description: 'Only records that meet all these conditions pass.',
          properties: logConditions,
        },
        exclude: {
          type: 'object',
          description: 'Of those, records that meet all these conditions are dropped.',
          properties: logConditions,
        },
      },
    },
  },
} as const satisfies ConfigSchema;

export type FilterConfig = ConfigOf<typeof config>;
export type MetricConditions = ConfigOf<{ readonly properties: typeof metricConditions }>;
export type LogConditions = ConfigOf<{ readonly properties: typeof logConditions }>;
export type MatchType = MetricConditions['match_type'];
export type AttributeCondition = NonNullable<MetricConditions['attributes']>[number];

/** A block without conditions would match everything, which is more likely a slip; and patterns must compile. */
export function check(written: FilterConfig): readonly Problem[] {
  const problems: Problem[] = [];
  for (const signal of ['metrics', 'logs'] as const) {
    for (const side of ['include', 'exclude'] as const) {
      const block = written[signal]?.[side];
      if (block) problems.push(...checkBlock(block, [signal, side]));
    }
  }
  return problems;
}

function checkBlock(block: MetricConditions | LogConditions, path: Problem['path']): Problem[] {
  const { match_type: type, ...conditionsOfBlock } = block;
  const entries = Object.entries(conditionsOfBlock);
  if (entries.every(([, value]) => Array.isArray(value) && value.length === 0))
    return [{ path, message: `There is no condition under ${path.join('.')}, so it would match everything.` }];
  if (type === 'strict') return [];
  return entries.flatMap(([key, list]) =>
    (Array.isArray(list) ? list : []).flatMap((item: string | AttributeCondition, index): Problem[] => {
      const [pattern, at] = typeof item === 'string' ? [item, [index]] : [item.value, [index, 'value']];
      if (typeof pattern !== 'string') return [];
      try {
        new RegExp(pattern);
        return [];
      } catch (error) {
        return [{ path: [...path, key, ...at], message: `${(error as Error).message}.` }];
      }
    }),
  );
}

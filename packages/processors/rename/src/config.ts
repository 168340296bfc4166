import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

const scalar = {
  anyOf: [
    { type: 'string', description: 'A text.' },
    { type: 'number', description: 'A number.' },
    { type: 'boolean', description: 'A truth value.' },
  ],
  description: 'A value.',
} as const;

const scalars = (description: string) => ({ type: 'object', description, additionalProperties: scalar }) as const;

const names = (description: string) =>
  ({
    type: 'object',
    description,
    additionalProperties: { type: 'string', minLength: 1, description: 'The new name.' },
  }) as const;

const keys = (description: string) =>
  ({ type: 'array', description, items: { type: 'string', description: 'Name of an attribute.' } }) as const;

const rule = {
  metric: { type: 'string', minLength: 1, description: 'Name of the metric that this rule takes.' },
  metric_regex: {
    type: 'string',
    format: 'regex',
    description: 'Instead of `metric`: a JavaScript regular expression for the whole name.',
  },
  where: scalars(
    'Takes only points whose attributes have these values. `*` stands for any value, an empty text for none.',
  ),
  resource_where: scalars('Takes only points whose resource has these attributes, likewise.'),
  to: {
    type: 'string',
    minLength: 1,
    description: 'The new name; `$1` is the first group of `metric_regex`. Without it, the name stays.',
  },
  description: { type: 'string', description: 'The new description.' },
  unit: { type: 'string', description: 'The new unit.' },
  scale: { type: 'number', description: 'Values are multiplied by this. The rule then takes gauges and sums only.' },
  round: {
    type: 'string',
    enum: ['down'],
    description:
      'Values become integers: the next below, after they are multiplied. The rule then takes gauges and sums only.',
  },
  kind: {
    type: 'string',
    enum: ['gauge', 'counter', 'up_down_counter', 'unknown'],
    description:
      'What the metric becomes; unknown: a gauge that Prometheus shows without a type. The rule then takes gauges and sums only.',
  },
  drop_attributes: keys('Attributes that points lose.'),
  rename_attributes: names('New names of attributes of points.'),
  set_attributes: scalars('Attributes that points get.'),
  set_from_resource: names('Attributes that points get from their resource: their names there, and here.'),
  aggregate: {
    type: 'string',
    enum: ['sum'],
    description:
      'What becomes of points of one resource that have the same name and attributes now. sum: they are added up. The rule then takes gauges and sums only.',
  },
  keep: {
    type: 'boolean',
    default: false,
    description: 'Makes a copy: the rules that follow see the point as well, and if none takes it, it stays as it is.',
  },
} as const;

export const config = {
  properties: {
    rules: {
      type: 'array',
      default: [],
      description: 'What is renamed. The first rule that takes a point wins.',
      items: { type: 'object', description: 'One rule.', properties: rule },
    },
    attributes: names('New names of attributes of the points of all metrics.'),
    resource_attributes: {
      type: 'object',
      description: 'What becomes of the attributes of resources.',
      properties: {
        rename: names('Their new names.'),
        drop: keys('Those that are left out.'),
      },
    },
    drop_unmatched: {
      type: 'boolean',
      default: false,
      description: 'Drops the points that no rule takes.',
    },
  },
} as const satisfies ConfigSchema;

export type RenameConfig = ConfigOf<typeof config>;
export type RuleConfig = ConfigOf<{ readonly properties: typeof rule }>;
export type Conditions = NonNullable<RuleConfig['where']>;

export function check({ rules }: RenameConfig): readonly Problem[] {
  return rules.flatMap((one, index): Problem[] => {
    const problems: Problem[] = [];
    const report = (message: string, ...path: string[]): void =>
      void problems.push({ path: ['rules', index, ...path], message });
    if ((one.metric === undefined) === (one.metric_regex === undefined))
      report('A rule needs either metric or metric_regex.');
    if (one.scale !== undefined && !(Number.isFinite(one.scale) && one.scale !== 0))
      report(`scale is ${one.scale}; it must be a number other than 0.`, 'scale');
    if (one.scale !== undefined && one.unit === undefined)
      report('A rule that scales values must say their new unit.', 'scale');
    const groups = one.metric_regex === undefined ? 0 : groupCount(one.metric_regex);
    for (const [reference, number] of (one.to ?? '').matchAll(/\$(\d+)/g))
      if (one.metric_regex !== undefined && (Number(number) < 1 || Number(number) > groups))
        report(`to names the group ${reference}, and metric_regex has ${groups} groups.`, 'to');
    return problems;
  });
}

/** A regular expression that also matches nothing at all lists its groups. */
const groupCount = (regex: string): number => new RegExp(`${regex}|`).exec('')!.length - 1;

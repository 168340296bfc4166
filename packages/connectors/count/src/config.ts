import type { Condition, ConditionContext } from '@millrace/conditions';
import { ConditionError, parseCondition } from '@millrace/conditions';
import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

const metrics = (description: string) =>
  ({
    type: 'object',
    description,
    additionalProperties: {
      type: 'object',
      description: 'What the metric of this name counts.',
      properties: {
        description: { type: 'string', default: '', description: 'The description of the metric.' },
        conditions: {
          type: 'array',
          items: { type: 'string', description: 'A condition: `attributes["env"] == "prod"`.' },
          default: [],
          description: 'What is counted must meet one of these. Without any, all is counted.',
        },
        attributes: {
          type: 'array',
          default: [],
          description: 'Counts apart what differs in these, and gives them to the data points.',
          items: {
            type: 'object',
            description: 'One attribute.',
            properties: {
              key: {
                type: 'string',
                minLength: 1,
                description: 'Its name. It is looked for in the item, then in its scope, then in its resource.',
              },
              default_value: {
                anyOf: [
                  { type: 'string', description: 'A text.' },
                  { type: 'number', description: 'A number.' },
                  { type: 'boolean', description: 'A truth value.' },
                ],
                description: 'Its value where there is none. Without it, what lacks the attribute is not counted.',
              },
            },
            required: ['key'],
          },
        },
      },
    },
  }) as const;

export const config = {
  properties: {
    spans: metrics('Metrics that count spans, by name. Default: `trace.span.count`.'),
    spanevents: metrics('Metrics that count span events, by name. Default: `trace.span.event.count`.'),
    metrics: metrics('Metrics that count metrics, by name. Default: `metric.count`.'),
    datapoints: metrics('Metrics that count data points, by name. Default: `metric.datapoint.count`.'),
    logs: metrics('Metrics that count log records, by name. Default: `log.record.count`.'),
  },
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;
export type Section = keyof Config;

interface SectionRule {
  readonly context: ConditionContext;
  readonly unit: string;
  /** The metric that counts them all, where the config has nothing of the section. */
  readonly name: string;
  readonly description: string;
}

export const sections: Readonly<Record<Section, SectionRule>> = {
  spans: { context: 'span', unit: '{span}', name: 'trace.span.count', description: 'The number of spans observed.' },
  spanevents: {
    context: 'spanevent',
    unit: '{event}',
    name: 'trace.span.event.count',
    description: 'The number of span events observed.',
  },
  metrics: {
    context: 'metric',
    unit: '{metric}',
    name: 'metric.count',
    description: 'The number of metrics observed.',
  },
  datapoints: {
    context: 'datapoint',
    unit: '{datapoint}',
    name: 'metric.datapoint.count',
    description: 'The number of data points observed.',
  },
  logs: {
    context: 'log',
    unit: '{record}',
    name: 'log.record.count',
    description: 'The number of log records observed.',
  },
};

/** What a metric counts. */
export interface Counted {
  readonly description: string;
  readonly conditions: readonly Condition[];
  readonly attributes: readonly { readonly key: string; readonly default_value?: string | number | boolean }[];
}

/** The metrics of a section, by name. Throws a ConditionError. */
export function countedIn(settings: Config, section: Section): ReadonlyMap<string, Counted> {
  const { context, name, description } = sections[section];
  const written = settings[section];
  if (!written) return new Map([[name, { description, conditions: [], attributes: [] }]]);
  return new Map(
    Object.entries(written).map(([metric, one]) => [
      metric,
      { ...one, conditions: one.conditions.map((condition) => parseCondition(condition, { context })) },
    ]),
  );
}

export function check(settings: Config): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [section, { context }] of Object.entries(sections) as [Section, SectionRule][])
    for (const [metric, { conditions }] of Object.entries(settings[section] ?? {})) {
      if (metric === '') problems.push({ path: [section, metric], message: 'A metric needs a name.' });
      for (const [index, condition] of conditions.entries())
        try {
          parseCondition(condition, { context });
        } catch (error) {
          if (!(error instanceof ConditionError)) throw error;
          problems.push({ path: [section, metric, 'conditions', index], message: error.message });
        }
    }
  return problems;
}

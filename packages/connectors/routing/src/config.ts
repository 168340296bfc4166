import type { Condition, ConditionContext } from '@millrace/conditions';
import { ConditionError, parseCondition } from '@millrace/conditions';
import type { ConfigOf, ConfigSchema, Problem, ResourceBatch } from '@millrace/core';

export const config = {
  properties: {
    default_pipelines: {
      type: 'array',
      items: { type: 'string', description: 'The id of a pipeline: `logs/other`.' },
      default: [],
      description: 'Where goes what no route has taken. Without them it is dropped, and counted.',
    },
    table: {
      type: 'array',
      minItems: 1,
      description: 'The routes, in the order in which they are asked.',
      items: {
        type: 'object',
        description: 'One route.',
        properties: {
          context: {
            type: 'string',
            enum: ['request', 'resource', 'span', 'metric', 'datapoint', 'log'],
            description:
              'What the condition is asked of. Without it, what the condition names first: `log.body`; or else the resource.',
          },
          condition: {
            type: 'string',
            description: 'What must be true for the route to be taken: `attributes["env"] == "prod"`.',
          },
          statement: { type: 'string', description: 'The longer form: `route() where attributes["env"] == "prod"`.' },
          pipelines: {
            type: 'array',
            minItems: 1,
            items: { type: 'string', description: 'The id of a pipeline: `logs/prod`.' },
            description: 'Where the route leads. Each must have the connector among its receivers.',
          },
          action: {
            type: 'string',
            enum: ['move', 'copy'],
            default: 'move',
            description:
              'move: later routes do not see what this one took. copy: they do, and so do the default pipelines.',
          },
        },
        required: ['pipelines'],
      },
    },
    error_mode: {
      type: 'string',
      enum: ['propagate', 'ignore', 'silent'],
      default: 'propagate',
      description: 'Taken for the sake of existing configs. The conditions here have no errors once they are read.',
    },
  },
  required: ['table'],
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;
export type Row = Config['table'][number];
export type RoutedSignal = ResourceBatch['signal'];

/** The signals of which a condition of a context can be asked. */
export const signalsOf: Readonly<Record<ConditionContext, readonly RoutedSignal[]>> = {
  request: ['metrics', 'logs', 'traces'],
  resource: ['metrics', 'logs', 'traces'],
  metric: ['metrics'],
  datapoint: ['metrics'],
  log: ['logs'],
  span: ['traces'],
  spanevent: [],
};

/** Throws a ConditionError. */
export function conditionOf({ context, condition, statement }: Row): Condition {
  return condition === undefined
    ? parseCondition(statement ?? '', { context, form: 'statement' })
    : parseCondition(condition, { context });
}

export const signalOf = (pipeline: string): string => pipeline.split('/', 1)[0]!;

export function check({ table, default_pipelines: defaults }: Config): readonly Problem[] {
  return [
    ...defaults.flatMap((pipeline, index) => checkPipeline(pipeline, ['default_pipelines', index])),
    ...table.flatMap((row, index) => checkRow(row, ['table', index])),
  ];
}

function checkRow(row: Row, path: Problem['path']): readonly Problem[] {
  const { condition, statement, pipelines } = row;
  const problems = pipelines.flatMap((pipeline, index) => checkPipeline(pipeline, [...path, 'pipelines', index]));
  if ((condition === undefined) === (statement === undefined))
    return [...problems, { path, message: 'A route has either a condition or a statement.' }];
  try {
    const { context } = conditionOf(row);
    const possible = signalsOf[context] as readonly string[];
    for (const [index, pipeline] of pipelines.entries())
      if (!possible.includes(signalOf(pipeline)))
        problems.push({
          path: [...path, 'pipelines', index],
          message: `A condition with the context ${context} is about ${possible.join(', ') || 'no signal'}, and leads to no pipeline of ${signalOf(pipeline)}.`,
        });
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    problems.push({ path: [...path, condition === undefined ? 'statement' : 'condition'], message: error.message });
  }
  return problems;
}

function checkPipeline(pipeline: string, path: Problem['path']): Problem[] {
  if ((signalsOf.resource as readonly string[]).includes(signalOf(pipeline))) return [];
  return [
    {
      path,
      message: `"${pipeline}" is no pipeline that can be routed to: write metrics, logs or traces, or one of them and a name, as in logs/prod.`,
    },
  ];
}

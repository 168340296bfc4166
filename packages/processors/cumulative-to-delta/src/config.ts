import { checkBlock, matchType, regexpOptions, textConditions, textMatch } from '@millrace/attribute-actions/match';
import type { ConfigOf, ConfigSchema, MetricData, PointType, Problem } from '@millrace/core';
import { pointType } from '@millrace/core';

const typesByName = {
  sum: pointType.sum,
  histogram: pointType.histogram,
  exponentialhistogram: pointType.exponentialHistogram,
} as const;

const conditions = {
  match_type: matchType,
  regexp: regexpOptions,
  metrics: textConditions('One of these is the name of the metric.'),
  metric_types: {
    type: 'array',
    description: 'One of these is its type.',
    items: { type: 'string', enum: ['sum', 'histogram', 'exponentialhistogram'], description: 'A type.' },
  },
} as const;

export const config = {
  properties: {
    include: {
      type: 'object',
      description: 'Only metrics that meet all these conditions are converted.',
      properties: conditions,
    },
    exclude: {
      type: 'object',
      description: 'Of those, metrics that meet one of these conditions stay as they are.',
      properties: conditions,
    },
    max_staleness: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description:
        'How long the last point of a series is remembered after it came. 0: until the series ends, however many there are.',
    },
    initial_value: {
      type: 'string',
      enum: ['auto', 'keep', 'drop'],
      default: 'auto',
      description:
        'What becomes of the first point of a series. keep: all of it is the delta. drop: it is only remembered. auto: kept if its start time says that the series began after this processor, else dropped.',
    },
  },
} as const satisfies ConfigSchema;

export type DeltaConfig = ConfigOf<typeof config>;
export type InitialValue = DeltaConfig['initial_value'];

export const check = ({ include, exclude }: DeltaConfig): readonly Problem[] => [
  ...(include ? checkBlock(include, ['include']) : []),
  ...(exclude ? checkBlock(exclude, ['exclude']) : []),
];

/** Whether the config wants the metric converted, if it can be. */
export function createChoice({ include, exclude }: DeltaConfig): (metric: MetricData) => boolean {
  const included = include && compile(include);
  const excluded = exclude && compile(exclude);
  return ({ descriptor: { name }, dataPointType: type }) =>
    (included?.name?.(name) ?? true) &&
    (included?.types?.has(type) ?? true) &&
    !excluded?.name?.(name) &&
    !excluded?.types?.has(type);
}

const compile = ({ match_type: type, metrics, metric_types: types }: NonNullable<DeltaConfig['include']>) => ({
  name: metrics?.length ? textMatch(type, metrics) : undefined,
  types: types?.length ? new Set<PointType>(types.map((name) => typesByName[name])) : undefined,
});

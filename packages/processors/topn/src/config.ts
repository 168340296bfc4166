import type { ConfigOf } from '@millrace/core';

export const config = {
  properties: {
    entity: {
      type: 'string',
      description:
        'The resource attribute that marks the entities to rank. Resources without it pass untouched. Without this key, every resource that has the first metric of `by` is ranked.',
    },
    by: {
      description:
        'The metric to rank by. Given several, an entity is kept if it is at the top by any of them; the first decides its rank.',
      anyOf: [
        { type: 'string', description: 'The name of a metric.' },
        {
          type: 'array',
          description: 'Names of metrics.',
          items: { type: 'string', description: 'The name of a metric.' },
          minItems: 1,
        },
      ],
    },
    group_by: {
      type: 'array',
      description:
        'Resource attributes: entities that agree in all of them are ranked against each other. None: all are.',
      items: { type: 'string', description: 'The name of a resource attribute.' },
      default: [],
    },
    n: { type: 'integer', description: 'How many entities of a group are kept.', minimum: 0, default: 10 },
    overrides: {
      type: 'array',
      description: 'Another `n` for some groups. The first that matches a group holds.',
      items: {
        type: 'object',
        description: 'An `n`, and the groups it is for.',
        properties: {
          match: {
            type: 'object',
            description: 'Attributes of `group_by`, each with the value it must have.',
            additionalProperties: { type: 'string', description: 'The value, as text.' },
          },
          n: { type: 'integer', description: 'How many entities of such a group are kept.', minimum: 0 },
        },
        required: ['match', 'n'],
      },
      default: [],
    },
    other: {
      type: 'string',
      enum: ['sum', 'drop'],
      description: 'What becomes of the entities that are not kept: one entity per group with their sums, or nothing.',
      default: 'sum',
    },
    other_attributes: {
      type: 'object',
      description: 'The resource attributes of that one entity, beside those of `group_by`.',
      additionalProperties: {
        description: 'The value of the attribute.',
        anyOf: [
          { type: 'string', description: 'A text.' },
          { type: 'number', description: 'A number.' },
          { type: 'boolean', description: 'True or false.' },
        ],
      },
      default: { 'topn.other': true },
    },
    not_additive: {
      type: 'array',
      description:
        'Metrics that are never summed up. Gauges in a unit of time, histograms and summaries never are, named here or not.',
      items: { type: 'string', description: 'The name of a metric.' },
      default: [],
    },
    rank: {
      type: 'string',
      enum: ['none', 'metric', 'attribute'],
      description:
        'Tells the rank of what is kept: as the metric `topn.rank`, or as the resource attribute `topn.rank`, which makes new series whenever it changes.',
      default: 'none',
    },
    percent_of_group: {
      type: 'array',
      description: "Metrics of which `<metric>.percent_of_group` tells an entity's share of its whole group.",
      items: { type: 'string', description: 'The name of a metric.' },
      default: [],
    },
    margin: {
      type: 'number',
      description: 'By which part of its value an entity must exceed a kept one to take its place.',
      minimum: 0,
      default: 0.1,
    },
    metric_expiration: {
      type: 'string',
      format: 'duration',
      description:
        'How long an entity or a group is remembered that no batch mentions. Then its series end; at the latest after twice as long.',
      default: '5m',
    },
  },
  required: ['by'],
} as const;

export type Config = ConfigOf<typeof config>;

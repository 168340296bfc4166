import {
  attributeConditions,
  checkBlock,
  libraries,
  matchType,
  regexpOptions,
  severities,
  textConditions,
} from '@millrace/attribute-actions/match';
import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

const metricConditions = {
  match_type: matchType,
  regexp: regexpOptions,
  metric_names: textConditions('One of these is the name of the metric.'),
  resource_attributes: attributeConditions('All of these are in the resource.'),
  attributes: attributeConditions('All of these are in the data point.'),
} as const;

const logConditions = {
  match_type: matchType,
  resource_attributes: attributeConditions('All of these are in the resource.'),
  record_attributes: attributeConditions('All of these are in the record.'),
  bodies: textConditions('One of these is the body, where it is a text, a number or a truth value.'),
  severity_texts: textConditions('One of these is the severity text.'),
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

const spanConditions = {
  match_type: matchType,
  regexp: regexpOptions,
  services: textConditions("One of these is the resource's `service.name`."),
  resources: attributeConditions('All of these are in the resource.'),
  libraries,
  span_names: textConditions('One of these is the name of the span.'),
  span_kinds: textConditions('One of these is the kind of the span: `SPAN_KIND_SERVER`, `SPAN_KIND_CLIENT`, ….'),
  attributes: attributeConditions('All of these are in the span.'),
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
    spans: {
      type: 'object',
      description: 'Which spans pass.',
      properties: {
        include: {
          type: 'object',
          description: 'Only spans that meet all these conditions pass.',
          properties: spanConditions,
        },
        exclude: {
          type: 'object',
          description: 'Of those, spans that meet all these conditions are dropped.',
          properties: spanConditions,
        },
      },
    },
  },
} as const satisfies ConfigSchema;

export type FilterConfig = ConfigOf<typeof config>;
export type MetricConditions = ConfigOf<{ readonly properties: typeof metricConditions }>;
export type LogConditions = ConfigOf<{ readonly properties: typeof logConditions }>;
export type SpanConditions = ConfigOf<{ readonly properties: typeof spanConditions }>;

export const check = (written: FilterConfig): readonly Problem[] =>
  (['metrics', 'logs', 'spans'] as const).flatMap((signal) =>
    (['include', 'exclude'] as const).flatMap((side) => {
      const block = written[signal]?.[side];
      return block ? checkBlock(block, [signal, side]) : [];
    }),
  );

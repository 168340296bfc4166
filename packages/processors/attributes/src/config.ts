import { actionsSchema, checkActions } from '@millrace/attribute-actions';
import {
  attributeConditions,
  checkBlock,
  type Conditions,
  libraries,
  matchType,
  regexpOptions,
  severities,
  textConditions,
} from '@millrace/attribute-actions/match';
import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

const conditions = {
  match_type: matchType,
  regexp: regexpOptions,
  services: textConditions("One of these is the resource's `service.name`."),
  resources: attributeConditions('All of these are in the resource.'),
  libraries,
  attributes: attributeConditions('All of these are in the data point, log record or span.'),
  metric_names: textConditions('One of these is the name of the metric.'),
  span_names: textConditions('One of these is the name of the span.'),
  span_kinds: textConditions('One of these is the kind of the span: `SPAN_KIND_SERVER`, `SPAN_KIND_CLIENT`, ….'),
  log_bodies: textConditions('One of these is the body, where it is a text, a number or a truth value.'),
  log_severity_texts: textConditions('One of these is the severity text.'),
  log_severity_number: {
    type: 'object',
    description: 'How severe the record must be.',
    properties: {
      min: {
        anyOf: [
          { type: 'integer', minimum: 1, maximum: 24, description: 'A number: 9 is INFO, 13 WARN, 17 ERROR.' },
          { type: 'string', enum: severities, description: 'A name.' },
        ],
        description: 'The lowest severity that matches.',
      },
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
    actions: actionsSchema('What is done with the attributes, in this order.'),
    include: {
      type: 'object',
      description: 'Only what meets all these conditions is changed.',
      properties: conditions,
    },
    exclude: {
      type: 'object',
      description: 'Of that, what meets all these conditions stays as it is.',
      properties: conditions,
    },
  },
  required: ['actions'],
} as const satisfies ConfigSchema;

export type AttributesConfig = ConfigOf<typeof config>;

export const check = ({ actions, include, exclude }: AttributesConfig): readonly Problem[] => [
  ...checkActions(actions, ['actions']),
  ...(include ? checkBlock(include, ['include']) : []),
  ...(exclude ? checkBlock(exclude, ['exclude']) : []),
];

export function conditionsOf(block: NonNullable<AttributesConfig['include']>): Conditions {
  const severity = block.log_severity_number;
  return {
    matchType: block.match_type,
    services: block.services,
    resource: block.resources,
    libraries: block.libraries,
    attributes: block.attributes,
    metricNames: block.metric_names,
    spanNames: block.span_names,
    spanKinds: block.span_kinds,
    bodies: block.log_bodies,
    severityTexts: block.log_severity_texts,
    severityNumber: severity && {
      min: typeof severity.min === 'number' ? severity.min : severities.indexOf(severity.min) + 1,
      matchUndefined: severity.match_undefined,
    },
  };
}

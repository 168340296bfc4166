import type { ConfigOf } from '@millrace/core';
import { compressionParamsSchema, exporterSchema } from '@millrace/http-client';

const attributeOf = { type: 'string', minLength: 1, description: 'The attribute whose value the label has.' } as const;

const limitsSchema = {
  type: 'object',
  default: {},
  description: "Loki's `limits_config` as far as it decides what is taken. Set what yours says; 0 is without limit.",
  properties: {
    max_line_size: {
      type: 'string',
      format: 'bytes',
      default: '256KiB',
      description: 'The most bytes that a line may have.',
    },
    max_line_size_truncate: {
      type: 'boolean',
      default: true,
      description: 'Cut longer lines, which is counted. Without it they are dropped, which is counted too.',
    },
    max_label_names_per_series: {
      type: 'integer',
      minimum: 0,
      default: 15,
      description: 'The most labels that a stream may have. More become structured metadata.',
    },
    max_label_name_length: {
      type: 'integer',
      minimum: 0,
      default: 1024,
      description:
        'The most bytes that the name of a label may have. What has a longer one becomes structured metadata.',
    },
    max_label_value_length: {
      type: 'integer',
      minimum: 0,
      default: 2048,
      description: 'The most bytes that the value of a label may have. Longer ones are cut.',
    },
    max_structured_metadata_size: {
      type: 'string',
      format: 'bytes',
      default: '64KiB',
      description: 'The most bytes that the names and values of a line may have together.',
    },
    max_structured_metadata_entries_count: {
      type: 'integer',
      minimum: 0,
      default: 128,
      description: 'The most names that a line may have.',
    },
  },
} as const;

const labelsSchema = {
  type: 'object',
  description: 'Which labels streams have, by the names of the labels. Few, and none with many values.',
  properties: {
    resource: {
      type: 'object',
      default: {},
      additionalProperties: attributeOf,
      description: "From the resource's attributes: `namespace: k8s.namespace.name`.",
    },
    attributes: {
      type: 'object',
      default: {},
      additionalProperties: attributeOf,
      description: "From the record's attributes: `route: http.route`.",
    },
    static: {
      type: 'object',
      default: {},
      additionalProperties: { type: 'string', description: 'The value.' },
      description: 'The same for all: `cluster: eu-1`.',
    },
  },
} as const;

const defaultLabel = (description: string) => ({ type: 'boolean', description }) as const;

export const configSchema = {
  properties: {
    endpoint: {
      type: 'string',
      description: 'The URL of Loki, `http://loki:3100`. One that has a path is used as it stands.',
    },
    encoding: {
      type: 'string',
      enum: ['protobuf', 'json', 'otlp'],
      default: 'protobuf',
      description:
        "How lines are sent: `protobuf` with snappy, or `json` with gzip, both to the push API; or `otlp` to Loki's OTLP endpoint, which chooses the labels itself.",
    },
    format: {
      type: 'string',
      enum: ['json', 'logfmt', 'raw'],
      default: 'json',
      description:
        'What a line is: all of the record as `json` or `logfmt`, or only its body, `raw`; the rest is then structured metadata.',
    },
    structured_metadata: {
      type: 'boolean',
      default: true,
      description: 'Send structured metadata. Loki before 3.0 takes none unless it is told to.',
    },
    labels: labelsSchema,
    default_labels_enabled: {
      type: 'object',
      default: {},
      description: "The labels of the collector's exporter. All are there unless `labels` is given.",
      properties: {
        exporter: defaultLabel('`exporter="OTLP"`.'),
        job: defaultLabel('`job`: `service.namespace/service.name`, or only the name.'),
        instance: defaultLabel('`instance`: `service.instance.id`.'),
        level: defaultLabel('`level`: the severity, such as `INFO`, or the attribute `level`.'),
      },
    },
    hints: {
      type: 'boolean',
      default: true,
      description:
        'Follow the attributes `loki.attribute.labels`, `loki.resource.labels`, `loki.tenant` and `loki.format`. Turn it off where senders are not trusted to choose labels.',
    },
    tenant: {
      type: 'object',
      default: {},
      description: 'Which tenant (`X-Scope-OrgID`) a record is for. Each gets requests of its own.',
      properties: {
        resource: { type: 'string', minLength: 1, description: 'The attribute of the resource that names the tenant.' },
        attribute: { type: 'string', minLength: 1, description: 'The attribute of the record that names the tenant.' },
        default: { type: 'string', minLength: 1, description: 'The tenant of what has neither.' },
      },
    },
    max_streams: {
      type: 'integer',
      minimum: 0,
      default: 5000,
      description:
        'The most streams that a tenant may have in an hour. Beyond it the label with the most values becomes structured metadata. 0 is without limit.',
    },
    max_request_bytes: {
      type: 'string',
      format: 'bytes',
      default: '1MiB',
      description: 'The most bytes that a request has, before it is compressed. A line that is longer goes alone.',
    },
    limits: limitsSchema,
    compression: {
      type: 'string',
      enum: ['gzip', 'none'],
      default: 'gzip',
      description: 'How `json` and `otlp` are compressed; `protobuf` is always with snappy.',
    },
    compression_params: compressionParamsSchema,
    ...exporterSchema,
  },
  required: ['endpoint'],
} as const;

export type Config = ConfigOf<typeof configSchema>;
export type Limits = Config['limits'];
export type Format = Config['format'];

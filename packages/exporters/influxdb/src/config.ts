import type { ConfigOf, Problem } from '@millrace/core';
import { checkCompression, checkEndpoint, checkExporter, exporterSchema } from '@millrace/http-client';

export const configSchema = {
  properties: {
    endpoint: {
      type: 'string',
      description: 'The URL of the server, `http://influxdb:8086`. One that has a path is used as it stands.',
    },
    org: { type: 'string', default: '', description: 'The organization, of InfluxDB 2.' },
    bucket: { type: 'string', default: '', description: 'The bucket, of InfluxDB 2; the database of InfluxDB 3.' },
    token: { type: 'string', format: 'secret', description: 'The API token, of InfluxDB 2 and 3.' },
    v1_compatibility: {
      type: 'object',
      default: {},
      description: 'For InfluxDB 1.',
      properties: {
        enabled: { type: 'boolean', default: false, description: 'Write to `/write`, as InfluxDB 1 has it.' },
        db: { type: 'string', default: '', description: 'The database.' },
        username: { type: 'string', default: '', description: 'The user, where there are any.' },
        password: { type: 'string', format: 'secret', default: '', description: "The user's password." },
        retention_policy: {
          type: 'string',
          default: '',
          description: "The retention policy. Without it, the database's own default.",
        },
        consistency: {
          type: 'string',
          enum: ['any', 'one', 'quorum', 'all'],
          description: 'Of InfluxDB Enterprise: how many nodes must have it.',
        },
      },
    },
    metrics_schema: {
      type: 'string',
      enum: ['telegraf-prometheus-v1', 'telegraf-prometheus-v2', 'otel-v1', 'single-measurement'],
      default: 'telegraf-prometheus-v1',
      description: 'How metrics become measurements and fields.',
    },
    measurement: {
      type: 'string',
      minLength: 1,
      default: 'metrics',
      description: 'The one measurement of `single-measurement`.',
    },
    boolean_fields: {
      type: 'array',
      default: [],
      items: { type: 'string', description: 'The name of a metric.' },
      description:
        'With `single-measurement`, metrics whose value is written as a boolean: 0 is false, others are true.',
    },
    precision: {
      type: 'string',
      enum: ['ns', 'us', 'ms', 's'],
      default: 'ns',
      description:
        'The unit of the times of metrics. What is finer is cut off. Logs and spans always have nanoseconds.',
    },
    log_record_dimensions: {
      type: 'array',
      default: ['service.name'],
      items: { type: 'string', description: 'The name of an attribute.' },
      description: 'Attributes of log records that become tags. The others are in one field, as JSON.',
    },
    span_dimensions: {
      type: 'array',
      default: ['service.name', 'span.name'],
      items: {
        type: 'string',
        description: 'The name of an attribute, or `span.name`, `span.kind`, `parent_span_id`.',
      },
      description: 'Attributes of spans that become tags. The others are in one field, as JSON.',
    },
    payload_max_lines: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description: 'The most lines that a request has.',
    },
    payload_max_bytes: {
      type: 'integer',
      minimum: 1,
      default: 10_000_000,
      description: 'The most bytes that a request has, before it is compressed. A longer line is dropped.',
    },
    compression: {
      type: 'string',
      enum: ['gzip', 'none'],
      default: 'gzip',
      description: 'How requests are compressed.',
    },
    compression_params: {
      type: 'object',
      description: 'How hard requests are compressed.',
      default: {},
      properties: {
        level: {
          type: 'integer',
          description: '1 (fast) to 9 (small), or -1 for what zlib takes, which is 6. Without it, 1.',
        },
      },
    },
    ...exporterSchema,
  },
  required: ['endpoint'],
} as const;

export type Config = ConfigOf<typeof configSchema>;

const problem = (path: Problem['path'], message: string): Problem => ({ path, message });

export const checkInfluxdb = (config: Config): readonly Problem[] => [
  ...checkEndpoint(config.endpoint, {
    path: ['endpoint'],
    instead: 'give v1_compatibility.username and password, or token',
  }),
  ...checkPlace(config),
  ...checkSchema(config),
  ...checkDimensions(config),
  ...checkExporter(config),
  ...checkCompression(config),
];

function checkPlace({ v1_compatibility: v1, ...v2 }: Config): readonly Problem[] {
  if (!v1.enabled) {
    const given = (['db', 'username', 'password', 'retention_policy', 'consistency'] as const).filter((key) => v1[key]);
    if (given.length > 0)
      return [
        problem(['v1_compatibility', given[0]!], `${given[0]} is of InfluxDB 1: set v1_compatibility.enabled to true.`),
      ];
    return v2.bucket === ''
      ? [problem([], 'A bucket is needed; or, for InfluxDB 1, v1_compatibility.enabled and db.')]
      : [];
  }
  const problems: Problem[] = [];
  if (v1.db === '')
    problems.push(problem(['v1_compatibility'], 'v1_compatibility needs db, the name of the database.'));
  if (v1.password !== '' && v1.username === '')
    problems.push(problem(['v1_compatibility', 'password'], 'A password needs a username.'));
  for (const key of ['org', 'bucket', 'token'] as const)
    if (v2[key])
      problems.push(problem([key], `${key} is of InfluxDB 2: it does not go with v1_compatibility.enabled.`));
  return problems;
}

const checkSchema = ({ metrics_schema: schema, boolean_fields: fields }: Config): readonly Problem[] =>
  fields.length > 0 && schema !== 'single-measurement'
    ? [problem(['boolean_fields'], 'boolean_fields goes with metrics_schema: single-measurement only.')]
    : [];

const checkDimensions = (config: Config): readonly Problem[] =>
  (['log_record_dimensions', 'span_dimensions'] as const).flatMap((key) =>
    config[key].flatMap((name, index) =>
      config[key].indexOf(name) < index
        ? [problem([key, index], `${JSON.stringify(name)} is there twice: name each attribute once.`)]
        : [],
    ),
  );

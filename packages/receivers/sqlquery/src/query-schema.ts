import type { ConfigOf } from '@millrace/core';

const names = (description: string) =>
  ({ type: 'array', items: { type: 'string', description: 'A column.' }, description }) as const;

const staticAttributes = {
  type: 'object',
  description: 'Attributes that are the same for every row.',
  additionalProperties: { type: 'string', description: 'The value.' },
} as const;

const metric = {
  type: 'object',
  description: 'A metric, with a point for each row.',
  required: ['metric_name'],
  properties: {
    metric_name: { type: 'string', minLength: 1, description: 'The name of the metric.' },
    value_column: { type: 'string', description: 'The column that has the value.' },
    value_columns: names('Several columns with values, a point each; value_attribute tells them apart.'),
    value_attribute: {
      type: 'string',
      description: 'With value_columns: the attribute that has the name of the column.',
    },
    attribute_columns: names('Columns that become attributes of the point; one that is NULL is left out.'),
    static_attributes: staticAttributes,
    data_type: {
      type: 'string',
      enum: ['gauge', 'sum', 'histogram'],
      default: 'gauge',
      description: 'What the values are.',
    },
    value_type: {
      type: 'string',
      enum: ['int', 'double'],
      default: 'int',
      description: 'How values are carried; a value that is no whole number is an error with int.',
    },
    monotonic: { type: 'boolean', default: false, description: 'Of a sum: it only grows, until it starts anew.' },
    aggregation: {
      type: 'string',
      enum: ['cumulative', 'delta'],
      default: 'cumulative',
      description: 'Of a sum or histogram: since its start, or since the last query.',
    },
    histogram: {
      type: 'object',
      description: 'Of a histogram: its columns.',
      required: ['buckets'],
      properties: {
        buckets: {
          type: 'object',
          description:
            'For each column, the upper bound of what it counts, `+Inf` for the last; each column counts what is above the bound before.',
          additionalProperties: {
            anyOf: [
              { type: 'number', description: 'The bound.' },
              { type: 'string', enum: ['+Inf'], description: 'No bound.' },
            ],
            description: 'The upper bound.',
          },
        },
        cumulative_buckets: {
          type: 'boolean',
          default: false,
          description: 'Each column counts all that is up to its bound, as Prometheus has it.',
        },
        sum_column: { type: 'string', description: 'The column with the sum of all values.' },
      },
    },
    description: { type: 'string', default: '', description: 'What the metric says.' },
    unit: { type: 'string', default: '', description: 'Its unit, a UCUM code: `By`, `s`, `{row}`.' },
    start_ts_column: { type: 'string', description: 'The column that has the start time of the point.' },
    ts_column: { type: 'string', description: 'The column that has the time of the point.' },
    row_condition: {
      type: 'object',
      description: 'Only rows where this column has this value make points.',
      required: ['column', 'value'],
      properties: {
        column: { type: 'string', description: 'The column.' },
        value: { type: 'string', description: 'Its value, as text.' },
      },
    },
    null: {
      type: 'string',
      enum: ['skip', 'zero', 'error'],
      default: 'skip',
      description: 'What a value that is NULL does: no point, a point of 0, or an error.',
    },
  },
} as const;

const logs = {
  type: 'object',
  description: 'A log record for each row.',
  properties: {
    body_column: {
      type: 'string',
      description: 'The column that has the body. Without it the body is the whole row, a map.',
    },
    attribute_columns: names('Columns that become attributes of the record; one that is NULL is left out.'),
    static_attributes: staticAttributes,
    ts_column: { type: 'string', description: 'The column that has the time of the event.' },
    severity_column: {
      type: 'string',
      description: 'The column that has the severity: a word such as `ERROR`, or an OTLP number from 1 to 24.',
    },
    event_name: { type: 'string', description: 'The name of the event.' },
    row_condition: metric.properties.row_condition,
  },
} as const;

const value = {
  anyOf: [
    { type: 'string', description: 'A text; the database reads it as the type it needs.' },
    { type: 'number', description: 'A number.' },
  ],
  description: 'The value.',
} as const;

export const query = {
  type: 'object',
  description: 'A query, and what its rows become.',
  properties: {
    name: {
      type: 'string',
      description:
        'Its name in messages, in its own metrics, and with its position in storage. Default: its first metric, or its number.',
    },
    enabled: { type: 'boolean', default: true, description: 'False: it is not run.' },
    sql: {
      type: 'string',
      minLength: 1,
      description: 'The statement. `$` is written `$$`, as everywhere in a config: `id > $$1`.',
    },
    metrics: { type: 'array', items: metric, description: 'Metrics of its rows.' },
    logs: { type: 'array', items: logs, description: 'Log records of its rows.' },
    interval: { type: 'string', format: 'duration', description: 'How often it runs. Default: collection_interval.' },
    timeout: {
      type: 'string',
      format: 'duration',
      description: 'When it is cancelled on the server. Default: timeout.',
    },
    initial_delay: {
      type: 'string',
      format: 'duration',
      description: 'How long after the start it runs first. Default: initial_delay.',
    },
    aligned: {
      type: 'boolean',
      default: false,
      description: 'It runs on the grid of its interval: with 5m at :00, :05, :10 (UTC).',
    },
    tracking_column: {
      type: 'string',
      description: 'Of log records: the column whose last value is given to the next run, as the only parameter.',
    },
    tracking_start_value: { ...value, description: 'The parameter of the first run. Default: an empty text.' },
    tracking: {
      type: 'object',
      description: 'The same with several columns, a parameter each: exact where one alone is not unique.',
      required: ['columns', 'start_values'],
      properties: {
        columns: { ...names('The columns, in the order of the parameters.'), minItems: 1 },
        start_values: { type: 'array', items: value, description: 'The parameters of the first run.' },
      },
    },
    resource_attribute_columns: names('Columns that become attributes of the resource.'),
    typed_attributes: {
      type: 'boolean',
      default: false,
      description: 'Attributes keep the types of their columns. False: they are texts, as the collector has them.',
    },
    expect_failure: {
      type: 'boolean',
      default: false,
      description: 'The database should refuse it: that it runs is the error.',
    },
    only_if: {
      type: 'string',
      description: 'Another statement: the query runs only where this one gives a row, as seen when it first runs.',
    },
  },
} as const;

export type QueryConfig = ConfigOf<{
  readonly properties: { readonly query: typeof query };
  readonly required: readonly ['query'];
}>['query'];
export type MetricConfig = NonNullable<QueryConfig['metrics']>[number];
export type LogsConfig = NonNullable<QueryConfig['logs']>[number];

import type { ConfigOf } from '@millrace/core';
import { authSchema, connectionsSchema, headersSchema } from '@millrace/http-client';
import { sizes } from './decimal.ts';

const column = (description: string) =>
  ({
    anyOf: [
      { type: 'string', description: 'Its name.' },
      { type: 'integer', minimum: 1, description: 'Its number, from 1.' },
    ],
    description,
  }) as const;

const source = {
  type: 'object',
  description: 'Where the table is: a URL or a file.',
  properties: {
    url: { type: 'string', description: 'A URL, `http://localhost:8500/transaction_data`.' },
    path: { type: 'string', minLength: 1, description: 'A file, `/proc/net/dev`. It is read anew each time.' },
    json_path: {
      type: 'string',
      description: 'What is read is JSON, and the table is a text in it, there: `level_db_stats`, `stats.0.text`.',
    },
    max_size: {
      type: 'string',
      format: 'bytes',
      default: '4MiB',
      description: 'The most bytes that are read; more is an error.',
    },
    headers: headersSchema,
    auth: { ...authSchema, description: 'Who asks.' },
    ...connectionsSchema,
  },
} as const;

const format = {
  type: 'object',
  description: 'What the table looks like.',
  default: {},
  properties: {
    separator: {
      type: 'string',
      enum: ['whitespace', 'tab', 'csv', 'fixed', 'regex'],
      default: 'whitespace',
      description: 'What is between cells.',
    },
    delimiter: { type: 'string', minLength: 1, default: ',', description: 'With csv: the character between cells.' },
    pattern: { type: 'string', format: 'regex', description: 'With regex: what is between cells.' },
    widths: {
      type: 'array',
      items: { type: 'integer', minimum: 1, description: 'Characters.' },
      minItems: 1,
      description: 'With fixed: the width of each column; the last one has the rest.',
    },
    skip_lines: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'How many lines to leave out at the beginning.',
    },
    header: {
      anyOf: [
        { type: 'integer', minimum: 1, description: 'Its number, from 1.' },
        { type: 'string', format: 'regex', description: 'The first that matches.' },
      ],
      description: 'The line that has the names of the columns; rows begin after it.',
    },
    columns: {
      type: 'array',
      items: { type: 'string', description: 'A name.' },
      minItems: 1,
      description: 'The names of the columns, in place of what the header says.',
    },
    skip: {
      type: 'string',
      format: 'regex',
      default: '^[\\s=+|_:-]*$',
      description: 'Lines that are no rows: by default blank ones and rulers.',
    },
    rows: { type: 'string', format: 'regex', description: 'Only lines that match are rows.' },
    ends: { type: 'string', format: 'regex', description: 'The table ends before the first line that matches.' },
    uneven_rows: {
      type: 'string',
      enum: ['report', 'keep'],
      default: 'report',
      description:
        'A row with more or fewer cells than there are columns is reported and makes no points, or is taken as far as it goes.',
    },
    absent: {
      type: 'array',
      items: { type: 'string', description: 'A text.' },
      default: ['', '-', 'n/a', 'N/A', 'nan', 'NaN'],
      description: 'Cells that have no value: they make no points, and are no error.',
    },
  },
} as const;

const metric = {
  type: 'object',
  description: 'A metric, with a point for each row, or one for a number of the JSON.',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, description: 'The name of the metric.' },
    column: column('The column that has its values.'),
    json_path: { type: 'string', minLength: 1, description: 'Instead: where in the JSON its value is.' },
    type: {
      type: 'string',
      enum: ['gauge', 'counter', 'up_down_counter'],
      default: 'gauge',
      description: 'What the values are. A counter only grows; where it falls, it began anew.',
    },
    value_type: {
      type: 'string',
      enum: ['int', 'double'],
      default: 'int',
      description: 'How values are carried; with int, one that is no whole number is an error.',
    },
    unit: { type: 'string', default: '', description: 'Its unit, a UCUM code: `By`, `s`, `{file}`.' },
    description: { type: 'string', default: '', description: 'What the metric says.' },
    scale: {
      anyOf: [
        { type: 'number', description: 'A factor.' },
        { type: 'string', enum: Object.keys(sizes), description: 'Sizes to bytes: `MiB` is 1048576, `MB` 1000000.' },
      ],
      default: 1,
      description: 'What values are multiplied with, exactly.',
    },
    extract: {
      type: 'string',
      format: 'regex',
      description: 'The part of the cell that is the number: the first group, or all that matches.',
    },
    attributes: {
      type: 'object',
      additionalProperties: column('The column that has its value.'),
      default: {},
      description: 'Attributes of the points, and the columns that have their values.',
    },
    static_attributes: {
      type: 'object',
      additionalProperties: { type: 'string', description: 'The value.' },
      default: {},
      description: 'Attributes that are the same for every point.',
    },
    where: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'regex', description: 'What the cell matches.' },
      default: {},
      description: 'Only rows whose cells in these columns match make points.',
    },
  },
} as const;

export const config = {
  properties: {
    source,
    format,
    metrics: { type: 'array', items: metric, minItems: 1, description: 'What becomes of it.' },
    resource_attributes: {
      type: 'object',
      additionalProperties: { type: 'string', description: 'The value.' },
      default: {},
      description: 'Attributes of the resource: whose table it is.',
    },
    collection_interval: { type: 'string', format: 'duration', default: '1m', description: 'How often it is read.' },
    initial_delay: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How long after the start it is read first.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'How long reading may take. 0: as long as the interval.',
    },
  },
  required: ['source', 'metrics'],
} as const;

export type Config = ConfigOf<typeof config>;
export type SourceConfig = Config['source'];
export type FormatConfig = Config['format'];
export type MetricConfig = Config['metrics'][number];
export type ColumnName = string | number;

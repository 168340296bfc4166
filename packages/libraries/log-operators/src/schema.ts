import type { Schema } from '@millrace/core';

export interface TimestampConfig {
  readonly parse_from?: string | undefined;
  readonly layout_type?: 'strptime' | 'gotime' | 'epoch' | undefined;
  readonly layout?: string | undefined;
  readonly location?: string | undefined;
  readonly time_zone_locations?: Readonly<Record<string, string>> | undefined;
}

export interface SeverityConfig {
  readonly parse_from?: string | undefined;
  readonly preset?: 'default' | 'extended' | 'none' | undefined;
  /** A text, a number, `{ min, max }`, or a list of them, by severity. */
  readonly mapping?: Readonly<Record<string, unknown>> | undefined;
  readonly overwrite_text?: boolean | undefined;
}

export interface TraceIdConfig {
  readonly parse_from?: string | undefined;
}

/** One operator as written: `type` decides which of the keys it takes. */
export interface OperatorConfig extends TimestampConfig, SeverityConfig {
  readonly type: string;
  readonly id?: string | undefined;
  readonly output?: string | undefined;
  readonly if?: string | undefined;
  readonly on_error?: OnError | undefined;
  readonly parse_to?: string | undefined;
  readonly timestamp?: TimestampConfig | undefined;
  readonly severity?: SeverityConfig | undefined;
  readonly regex?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly pair_delimiter?: string | undefined;
  readonly header?: string | undefined;
  readonly header_attribute?: string | undefined;
  readonly lazy_quotes?: boolean | undefined;
  readonly format?: string | undefined;
  readonly add_metadata_from_filepath?: boolean | undefined;
  readonly max_log_size?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly field?: string | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly value?: unknown;
  readonly expr?: string | undefined;
  readonly drop_ratio?: number | undefined;
  readonly routes?: readonly { readonly output?: string; readonly expr?: string }[] | undefined;
  readonly default?: string | undefined;
  readonly combine_field?: string | undefined;
  readonly combine_with?: string | undefined;
  readonly is_first_entry?: string | undefined;
  readonly is_last_entry?: string | undefined;
  readonly max_batch_size?: number | undefined;
  readonly max_unmatched_batch_size?: number | undefined;
  readonly overwrite_with?: 'oldest' | 'newest' | undefined;
  readonly force_flush_period?: number | undefined;
  readonly source_identifier?: string | undefined;
  readonly max_sources?: number | undefined;
  readonly trace_id?: TraceIdConfig | undefined;
  readonly span_id?: TraceIdConfig | undefined;
  readonly trace_flags?: TraceIdConfig | undefined;
}

export type OnError = 'send' | 'drop' | 'send_quiet' | 'drop_quiet';

const text = (description: string) => ({ type: 'string', minLength: 1, description }) as const;
const anyText = (description: string) => ({ type: 'string', description }) as const;

const timeKeys = {
  parse_from: text('The field that is read, such as `attributes.time`. Default of parsers: `body`.'),
  layout_type: {
    type: 'string',
    enum: ['strptime', 'gotime', 'epoch'],
    description: 'How `layout` is written. Default: `strptime`.',
  },
  layout: text(
    'The layout of times: `%Y-%m-%d %H:%M:%S`; of gotime `2006-01-02 15:04:05`; of epoch `s`, `ms`, `us`, `ns`, `s.ms`, `s.us` or `s.ns`.',
  ),
  location: text('The time zone of times that do not say theirs: `Local`, `UTC`, `Europe/Vienna`. Default: `Local`.'),
  time_zone_locations: {
    type: 'object',
    additionalProperties: text('The time zone that it means.'),
    description: 'For `%Z`: abbreviations of time zones, and what they mean here.',
  },
} as const;

const mapped = [
  anyText('A text, whatever its case; or 2xx, 3xx, 4xx, 5xx.'),
  { type: 'number', description: 'A number.' },
  {
    type: 'object',
    description: 'A range.',
    properties: {
      min: { type: 'integer', description: 'The lowest number.' },
      max: { type: 'integer', description: 'The highest number.' },
    },
    required: ['min', 'max'],
  },
] as const;

const severityKeys = {
  parse_from: timeKeys.parse_from,
  preset: {
    type: 'string',
    enum: ['default', 'extended', 'none'],
    description:
      'default: the names trace, debug, info, warn, error, fatal, each also with 2, 3 or 4. extended: also usual other names, such as warning, err, crit. none: only `mapping`.',
  },
  mapping: {
    type: 'object',
    description: 'Further values, by the severity that they mean: `error: [oops, { min: 500, max: 599 }]`.',
    additionalProperties: {
      description: 'The values.',
      anyOf: [
        ...mapped,
        { type: 'array', items: { anyOf: mapped, description: 'One value.' }, description: 'Several values.' },
      ],
    },
  },
  overwrite_text: {
    type: 'boolean',
    description:
      'Sets the severity text to the name of the severity, such as `ERROR2`, in place of the value that was read.',
  },
} as const;

const idKeys = { parse_from: timeKeys.parse_from } as const;

const scalar = [
  anyText('A text. `EXPR(…)` is an expression.'),
  { type: 'number', description: 'A number.' },
  { type: 'boolean', description: 'True or false.' },
] as const;

/** The `operators` of a config: an object with the keys of all, as the type decides which of them it takes. */
export const operatorsSchema = {
  type: 'array',
  default: [],
  description: 'What is done to each entry, in order: parsers, moves, filters, routers.',
  items: {
    type: 'object',
    description: 'One operator. Which keys it takes depends on its type.',
    properties: {
      type: text('What it does, such as `json_parser` or `move`.'),
      id: text('Its name, by which `output` of others finds it. Default: its type.'),
      output: text('The id of the operator that is next. Default: the next in the list.'),
      if: text('An expression, such as `body matches "^{"`. Entries of which it is not true go by.'),
      on_error: {
        type: 'string',
        enum: ['send', 'drop', 'send_quiet', 'drop_quiet'],
        description:
          'What becomes of an entry that it cannot process: `send` hands it on as it is, `drop` leaves it out; the quiet ones do not warn. Default: `send`.',
      },
      ...timeKeys,
      ...severityKeys,
      parse_to: text('Where a parser puts what it found. Default: `attributes`.'),
      timestamp: { type: 'object', description: 'The time of the entry, read after parsing.', properties: timeKeys },
      severity: {
        type: 'object',
        description: 'The severity of the entry, read after parsing.',
        properties: severityKeys,
      },
      regex: text('regex_parser: a regular expression with named groups, `(?P<name>…)`.'),
      delimiter: text(
        'key_value_parser: what is between key and value, default `=`. csv_parser: what is between fields, default `,`.',
      ),
      pair_delimiter: text('key_value_parser: what is between pairs. Default: white space.'),
      header: text('csv_parser: the names of the fields, delimited like them.'),
      header_attribute: text('csv_parser: the attribute that holds the header.'),
      lazy_quotes: { type: 'boolean', description: 'csv_parser: quotes may stand anywhere.' },
      format: text('container: docker, crio or containerd. Default: found out by looking.'),
      add_metadata_from_filepath: {
        type: 'boolean',
        description:
          "container: sets the pod, namespace and container from `log.file.path`, if it is a Kubernetes pod's. Default: true.",
      },
      max_log_size: {
        type: 'string',
        format: 'bytes',
        description:
          'container, recombine: a joined text that is longer goes on as it is. Default: 1MiB, of recombine none.',
      },
      from: text('move, copy: the field to take.'),
      to: text('move, copy: the field to set.'),
      field: text('add, remove, flatten, unquote: the field.'),
      fields: { type: 'array', items: text('A field.'), description: 'retain: the fields to keep.' },
      value: {
        description: 'add: the value.',
        anyOf: [
          ...scalar,
          { type: 'array', items: { anyOf: scalar, description: 'One value.' }, description: 'A list.' },
          {
            type: 'object',
            additionalProperties: { anyOf: scalar, description: 'One value.' },
            description: 'A map.',
          },
        ],
      },
      expr: text('filter: an expression. Entries of which it is true are left out.'),
      drop_ratio: {
        type: 'number',
        minimum: 0,
        maximum: 1,
        description: 'filter: the part of them that is left out. Default: 1.',
      },
      routes: {
        type: 'array',
        minItems: 1,
        description: 'router: the first whose expression is true decides.',
        items: {
          type: 'object',
          description: 'One route.',
          properties: {
            output: text('The id of the operator that is next.'),
            expr: text('An expression.'),
          },
          required: ['output', 'expr'],
        },
      },
      default: text(
        'router: the id of the operator that is next if no route fits. Default: such entries are left out.',
      ),
      combine_field: text('recombine: the field whose texts are joined.'),
      combine_with: anyText('recombine: what is put between them. Default: a line end.'),
      is_first_entry: text('recombine: an expression that is true of the first of those to join.'),
      is_last_entry: text('recombine: an expression that is true of the last of those to join.'),
      max_batch_size: {
        type: 'integer',
        minimum: 0,
        description: 'recombine: the most entries in one. Default: 1000.',
      },
      max_unmatched_batch_size: {
        type: 'integer',
        minimum: 0,
        description:
          'recombine: the most entries in one before the expression was true for the first time. 0: no limit. Default: 100.',
      },
      overwrite_with: {
        type: 'string',
        enum: ['oldest', 'newest'],
        description: 'recombine: the entry of which the rest is kept. Default: `newest`.',
      },
      force_flush_period: {
        type: 'string',
        format: 'duration',
        description: 'recombine: how long to wait for more. Default: 5s.',
      },
      source_identifier: text(
        'recombine: accepted for configs of the collector; each file is joined apart in any case.',
      ),
      max_sources: {
        type: 'integer',
        minimum: 0,
        description: 'recombine: accepted for configs of the collector, and not needed here.',
      },
      trace_id: {
        type: 'object',
        description: 'trace_parser: the trace id. Default: from `body.trace_id`.',
        properties: idKeys,
      },
      span_id: {
        type: 'object',
        description: 'trace_parser: the span id. Default: from `body.span_id`.',
        properties: idKeys,
      },
      trace_flags: {
        type: 'object',
        description: 'trace_parser: the flags. Default: from `body.trace_flags`.',
        properties: idKeys,
      },
    },
    required: ['type'],
  },
} as const satisfies Schema;

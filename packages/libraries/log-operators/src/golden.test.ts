import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyValue, nanoseconds } from '@millrace/core';
import { expect, test } from 'vitest';
import { compileOperators, type Entry, type OperatorConfig } from './index.ts';

const folder = join(import.meta.dirname, '../testdata');
const now = Date.UTC(2026, 0, 5);

/** What comes out of a file's lines: an entry a line, with its errors below it. */
function run(name: string, operators: readonly OperatorConfig[]): string {
  const out: string[] = [];
  const compiled = compileOperators(operators, {
    now: () => now,
    failed: (operator, fate, { message }) => void out.push(`  ${operator} (${fate}): ${message}`),
    filtered: (operator) => void out.push(`  left out by ${operator}`),
  });
  const chain = compiled.createChain((entry) => void out.push(show(entry)));
  let start = 0;
  for (const body of readFileSync(join(folder, `${name}.log`), 'utf8')
    .split('\n')
    .slice(0, -1)) {
    const end = start + body.length + 1;
    const path = '/var/log/pods/shop_web-0_49cc7c1f-d370-2c40/nginx/3.log';
    chain.process({ body, attributes: { 'log.file.path': path }, resource: {}, start, end });
    start = end;
  }
  chain.flush(Infinity);
  return `${out.join('\n')}\n`;
}

function show({ time, severityNumber, severityText, body, attributes, resource, joined }: Entry): string {
  const { 'log.file.path': _, ...rest } = attributes;
  const when = time
    ? `${new Date(time[0] * 1000).toISOString().slice(0, 19)}.${String(nanoseconds(time) % 1_000_000_000n).padStart(9, '0')}`
    : '-';
  const parts = joined ? ` joined=${joined.length}` : '';
  return `${when} ${severityText ?? '-'}(${severityNumber ?? '-'}) ${json(body)} ${json(rest)} ${json(resource as AnyValue)}${parts}`;
}

const json = (value: AnyValue): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));

const chains: Readonly<Record<string, readonly OperatorConfig[]>> = {
  glog: [{ type: 'glog_parser', location: 'UTC' }],
  cri: [{ type: 'container' }],
  docker: [{ type: 'container', format: 'docker', add_metadata_from_filepath: false }],
  nginx: [
    {
      type: 'regex_parser',
      regex:
        '^(?P<ip>\\S+) - (?P<user>\\S+) \\[(?P<time>[^\\]]+)\\] "(?P<method>[[:alpha:]]+) (?P<path>\\S+) [^"]*" (?P<status>\\d+) (?P<size>\\d+) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"$',
      timestamp: { parse_from: 'attributes.time', layout: '%d/%b/%Y:%H:%M:%S %z' },
      severity: {
        parse_from: 'attributes.status',
        mapping: { info: ['2xx', '3xx'], warn: '4xx', error: { min: 500, max: 599 } },
      },
    },
    { type: 'remove', field: 'attributes.time', on_error: 'send_quiet' },
    {
      type: 'retain',
      fields: ['attributes.method', 'attributes.path', 'attributes.status'],
      if: 'attributes.method != nil',
    },
  ],
  syslog: [
    {
      type: 'regex_parser',
      regex:
        '^(?P<time>\\w{3} [ \\d]\\d [\\d:]{8}) (?P<host>\\S+) (?P<program>[^:\\[]+)(?:\\[(?P<pid>\\d+)\\])?: (?P<message>.*)$',
      timestamp: {
        parse_from: 'attributes.time',
        layout_type: 'gotime',
        layout: 'Jan _2 15:04:05',
        location: 'Europe/Vienna',
      },
    },
    { type: 'move', from: 'attributes.message', to: 'body' },
    { type: 'move', from: 'attributes.host', to: 'resource["host.name"]' },
    { type: 'add', field: 'attributes.kind', value: "EXPR(attributes.program == 'kernel' ? 'kernel' : 'user')" },
    { type: 'filter', expr: 'attributes.program == "systemd"' },
  ],
  logfmt: [
    {
      type: 'logfmt_parser',
      timestamp: { parse_from: 'attributes.ts', layout_type: 'gotime', layout: '2006-01-02T15:04:05Z07:00' },
      severity: { parse_from: 'attributes.level' },
      on_error: 'drop',
    },
    { type: 'retain', fields: ['attributes.path', 'attributes.msg', 'attributes.cached', 'attributes.err'] },
  ],
  json: [
    {
      type: 'json_parser',
      parse_to: 'body',
      severity: { parse_from: 'body.level', preset: 'extended', mapping: { info: 30 } },
    },
    {
      type: 'router',
      routes: [
        { expr: "type(body.time) == 'string'", output: 'text' },
        { expr: 'body.time > 0', output: 'seconds' },
      ],
      default: 'end',
    },
    {
      type: 'time_parser',
      id: 'text',
      parse_from: 'body.time',
      layout: '%Y-%m-%dT%H:%M:%S.%LZ',
      location: 'UTC',
      on_error: 'send',
      output: 'end',
    },
    { type: 'time_parser', id: 'seconds', parse_from: 'body.time', layout_type: 'epoch', layout: 's.ns' },
    { type: 'noop', id: 'end' },
    { type: 'flatten', field: 'body.order', if: 'body.order != nil' },
  ],
  csv: [
    {
      type: 'csv_parser',
      header: 'time,who,amount',
      timestamp: { parse_from: 'attributes.time', layout: '%Y-%m-%d %H:%M:%S', location: 'America/New_York' },
    },
    { type: 'copy', from: 'attributes.who', to: 'body.who' },
  ],
  java: [
    { type: 'recombine', combine_field: 'body', is_first_entry: 'body matches "^\\\\d{4}-"', overwrite_with: 'oldest' },
    {
      type: 'regex_parser',
      regex: '^(?P<time>\\S+ \\S+) (?P<level>\\w+)',
      timestamp: { parse_from: 'attributes.time', layout: '%Y-%m-%d %H:%M:%S,%L', location: 'UTC' },
      severity: { parse_from: 'attributes.level' },
    },
  ],
};

test.each(Object.entries(chains))('%s', async (name, operators) => {
  await expect(run(name, operators)).toMatchFileSnapshot(join(folder, `${name}.txt`));
});

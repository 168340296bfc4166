import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig as check, ConfigError, rawConfig, type AnyDefinition } from '@millrace/core';
import { checkDefinition } from '@millrace/core/testing';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import sqlquery from './index.ts';

const fixtures = join(import.meta.dirname, '..', 'testdata');
const metrics = [{ metric_name: 'n', value_column: 'n' }];
const queries = [{ sql: 'SELECT 1 AS n', metrics }];
const base = { driver: 'postgres', host: 'localhost', database: 'shop', queries };

describe('the contract of components, with no database there', () => {
  const config = { ...base, host: '127.0.0.1', port: 1 };
  for (const { name, run } of checkDefinition(sqlquery, { config })) it(name, run);
});

const neighbours = [
  {
    kind: 'exporter',
    type: 'out',
    description: 'A neighbour.',
    config: { properties: {} },
    signals: ['metrics', 'logs'],
    create: () => ({ consume: async () => {} }),
  },
  {
    kind: 'extension',
    type: 'file_storage',
    provides: ['storage'],
    description: 'A neighbour.',
    config: { properties: {} },
    create: () => ({}),
  },
] as unknown as readonly AnyDefinition[];

async function problems(config: unknown): Promise<string> {
  const extensions = { file_storage: {} };
  const service = {
    extensions: ['file_storage'],
    pipelines: {
      metrics: { receivers: ['sqlquery'], exporters: ['out'] },
      logs: { receivers: ['sqlquery'], exporters: ['out'] },
    },
  };
  try {
    await check(rawConfig({ receivers: { sqlquery: config }, exporters: { out: {} }, extensions, service }), {
      find: async (_kind, type) => [sqlquery as AnyDefinition, ...neighbours].find((one) => one.type === type),
      known: async () => [],
      installHint: () => '',
    });
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

it.each(Object.entries(parse(readFileSync(join(fixtures, 'collector.yaml'), 'utf8')) as Record<string, unknown>))(
  "takes the collector's config: %s",
  async (_name, config) => {
    expect(await problems(config)).toBe('');
  },
);

it.each([
  ['no driver', { ...base, driver: undefined }, 'the kind of database is missing'],
  ['a driver of no name', { ...base, driver: 'a b' }, 'no driver can be called "a b"'],
  ['no place', { driver: 'postgres', queries }, 'it is not said where the database is'],
  ['two places', { ...base, datasource: 'x' }, 'leave out host and port'],
  ['nothing to ask', { ...base, queries: [] }, 'there is nothing to ask'],
  ['no sql', { ...base, queries: [{ metrics }] }, 'a query needs its sql'],
  ['rows for nothing', { ...base, queries: [{ sql: 'SELECT 1' }] }, 'its rows become nothing'],
  [
    'two of one name',
    {
      ...base,
      queries: [
        { ...queries[0], name: 'a' },
        { ...queries[0], name: 'a' },
      ],
    },
    'two queries with the name a',
  ],
  ['no value', { ...base, queries: [{ sql: 'x', metrics: [{ metric_name: 'm' }] }] }, 'm: needs a value_column'],
  [
    'values not told apart',
    { ...base, queries: [{ sql: 'x', metrics: [{ metric_name: 'm', value_columns: ['a', 'b'] }] }] },
    'need a value_attribute',
  ],
  [
    'a monotonic gauge',
    { ...base, queries: [{ sql: 'x', metrics: [{ ...metrics[0], monotonic: true }] }] },
    'monotonic is for data_type: sum',
  ],
  [
    'a bare histogram',
    { ...base, queries: [{ sql: 'x', metrics: [{ metric_name: 'm', data_type: 'histogram' }] }] },
    'a histogram has its columns',
  ],
  [
    'too few start values',
    { ...base, queries: [{ sql: 'x', logs: [{}], tracking: { columns: ['a', 'b'], start_values: ['1'] } }] },
    'a value for each of the 2 columns',
  ],
  ['an interval of nothing', { ...base, queries: [{ ...queries[0], interval: '0s' }] }, 'must be more than 0'],
  ['files that are not there', { ...base, query_files: ['/nowhere/*.yaml'] }, 'no file is found by "/nowhere/*.yaml"'],
  [
    'files with mistakes',
    { ...base, query_files: [join(fixtures, 'wrong-queries.yaml')] },
    'line 4: queries[0].metrics[0].value_type must be "int" or "double", not "float"',
  ],
  [
    'files that lack something',
    { ...base, query_files: [join(fixtures, 'wrong-queries.yaml')] },
    'line 7: queries[1].metrics[0] needs the key "metric_name"',
  ],
])('refuses %s', async (_name, config, message) => {
  expect(await problems(config)).toContain(message);
});

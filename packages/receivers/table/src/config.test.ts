import { checkDefinition } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { resolved } from '../testdata/reading.ts';
import { checkConfig } from './check.ts';
import table from './index.ts';

describe('the contract of components', () => {
  const config = {
    source: { path: '/proc/vmstat' },
    format: { columns: ['n', 'v'] },
    metrics: [{ name: 'a', column: 'v' }],
  };
  for (const { name, run } of checkDefinition(table, { config })) it(name, run);
});

describe('what a config must have', () => {
  const metrics = [{ name: 'a', column: 'b' }];
  const format = { header: 1 };
  it.each<[string, object, string]>([
    [
      'no source',
      { source: {}, metrics, format },
      'source: a source has a url or a path, and not both: `path: /proc/vmstat`.',
    ],
    [
      'two sources',
      { source: { url: 'http://x/', path: '/x' }, metrics, format },
      'source: a source has a url or a path, and not both: `path: /proc/vmstat`.',
    ],
    [
      'another protocol',
      { source: { url: 'ftp://x/' }, metrics, format },
      'source.url: url must be a URL that begins with http:// or https://.',
    ],
    [
      'a password',
      { source: { url: 'http://a:b@x/' }, metrics, format },
      'source.url: url must have no user and no password: use auth, or headers.',
    ],
    [
      'no columns',
      { metrics },
      'format: format must say what the columns are: header, the line that names them, or columns.',
    ],
    [
      'no pattern',
      { metrics, format: { ...format, separator: 'regex' } },
      'format.pattern: pattern and `separator: regex` go together.',
    ],
    [
      'widths without use',
      { metrics, format: { ...format, widths: [1] } },
      'format.widths: widths and `separator: fixed` go together.',
    ],
    [
      'neither column nor path',
      { metrics: [{ name: 'a' }], format },
      'metrics.0: a: a metric has a column or a json_path, and not both.',
    ],
    [
      'a path to nowhere',
      { metrics: [{ name: 'a', json_path: 'a..b' }] },
      'metrics.0: a: json_path is names and numbers with dots between them: `stats.0.size`.',
    ],
    [
      'rows of JSON',
      { metrics: [{ name: 'a', json_path: 'a', attributes: { b: 'c' } }] },
      'metrics.0: a: attributes and where are of rows; a number of the JSON has static_attributes only.',
    ],
    [
      'two units',
      { metrics: [...metrics, { name: 'a', column: 'c', unit: 'By' }], format },
      'metrics.1.unit: a is there twice: unit must be the same in both.',
    ],
    [
      'no interval',
      { metrics, format, collection_interval: '0s' },
      'collection_interval: collection_interval must be more than 0.',
    ],
    [
      'a table of nobody',
      { source: { url: 'http://x/', json_path: 'a' }, metrics: [{ name: 'a', json_path: 'a' }] },
      'source.json_path: json_path says where the table is, and no metric has a column of it.',
    ],
    [
      'a scale of nothing',
      { metrics: [{ ...metrics[0], scale: 0 }], format },
      'metrics.0: a: scale 0 would make all values 0.',
    ],
  ])('%s', (_name, config, message) => {
    expect(checkConfig(resolved(config)).map(({ path, message: said }) => `${path.join('.')}: ${said}`)).toEqual([
      message,
    ]);
  });
});

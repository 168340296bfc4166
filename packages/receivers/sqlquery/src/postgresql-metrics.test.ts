import { isEnded, type NumberPoint } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { polling } from './testdata/polling.ts';
import { hasPostgres, usePostgres } from './testdata/postgres.ts';

describe.skipIf(!hasPostgres)('the metrics of a real PostgreSQL', () => {
  const postgres = usePostgres();

  it('makes one metric with a point for each row', async () => {
    const sql = `SELECT * FROM (VALUES ('a', 1, 1.5), ('b', 2, NULL), ('c', 9007199254740993, 0)) AS t (kind, n, ratio)`;
    await using run = await polling({
      ...postgres.base,
      queries: [
        {
          name: 'kinds',
          sql,
          interval: '1h',
          metrics: [
            {
              metric_name: 'n',
              value_column: 'n',
              attribute_columns: ['kind'],
              unit: '{thing}',
              description: 'Things.',
            },
            {
              metric_name: 'ratio',
              value_column: 'ratio',
              attribute_columns: ['kind'],
              value_type: 'double',
              static_attributes: { host: 'h' },
            },
            { metric_name: 'ratio.int', value_column: 'ratio', attribute_columns: ['kind'] },
            {
              metric_name: 'ratio.zero',
              value_column: 'ratio',
              null: 'zero',
              value_type: 'double',
              attribute_columns: ['KIND'],
            },
            {
              metric_name: 'only.b',
              value_column: 'n',
              row_condition: { column: 'kind', value: 'b' },
              data_type: 'sum',
              monotonic: true,
            },
            {
              metric_name: 'pivot',
              value_columns: ['n', 'ratio'],
              value_attribute: 'which',
              value_type: 'double',
              attribute_columns: ['kind'],
            },
          ],
        },
      ],
    });
    await run.until(() => run.metrics('pivot').length > 0);
    const batch = run.out.batches.find((one) =>
      JSON.stringify(one, (_, v) => (typeof v === 'bigint' ? `${v}` : v)).includes('pivot'),
    )!;
    await expect(render(batch).replaceAll(String(postgres.server.port), 'PORT')).toMatchFileSnapshot(
      '../testdata/mapping.txt',
    );
    expect(run.metrics('n')).toHaveLength(1);
    expect(run.metrics('only.b')[0]!.metric).toMatchObject({ isMonotonic: true, aggregationTemporality: 1 });
    expect(run.logged()).toContain('column ratio, row 1: \\"1.5\\" is no whole number; value_type: double takes it');
    await run.until(() => run.metrics('sqlquery.query.rows').length > 0);
    expect(run.metrics('sqlquery.query.rows').at(-1)!.metric.dataPoints).toMatchObject([
      { value: 3, attributes: { 'sqlquery.query': 'kinds' } },
    ]);
    expect(run.metrics('sqlquery.up').at(-1)!.metric.dataPoints).toMatchObject([{ value: 1 }]);
  });

  it('ends the series of rows that are gone, and keeps the attributes of the others', async () => {
    await postgres.server.sql(
      `CREATE TABLE things (name text, node text, n int); INSERT INTO things VALUES ('a', 'x', 1), ('b', 'y', 2)`,
    );
    await using run = await polling({
      ...postgres.base,
      queries: [
        {
          sql: 'SELECT * FROM things',
          resource_attribute_columns: ['node'],
          metrics: [{ metric_name: 'things', value_column: 'n', attribute_columns: ['name'], data_type: 'sum' }],
        },
      ],
    });
    const points = () =>
      run
        .metrics('things')
        .flatMap(({ resource, metric }) =>
          metric.dataPoints.map((point) => ({ resource, point: point as NumberPoint })),
        );
    await run.until(() => points().length >= 4);
    await postgres.server.sql(`DELETE FROM things WHERE name = 'b'`);
    await run.until(() => points().some(({ point }) => isEnded(point)));
    const ended = points().filter(({ point }) => isEnded(point));
    expect(ended).toMatchObject([{ resource: { attributes: { node: 'y' } }, point: { attributes: { name: 'b' } } }]);
    const a = points().filter(({ point }) => point.attributes['name'] === 'a');
    expect(new Set(a.map(({ point }) => point.attributes)).size).toBe(1);
    expect(new Set(a.map(({ resource }) => resource)).size).toBe(1);
    expect(new Set(a.map(({ point }) => point.startTime)).size).toBe(1);
  });

  it('wants a query to fail where the config says so', async () => {
    await using run = await polling({
      ...postgres.base,
      queries: [
        { name: 'fails', sql: 'SELECT * FROM pg_no_such', expect_failure: true },
        { name: 'runs', sql: 'SELECT 1', expect_failure: true },
      ],
    });
    await run.until(() => run.metrics('sqlquery.query.errors').length > 2);
    const last = run.metrics('sqlquery.query.errors').at(-1)!.metric.dataPoints as readonly NumberPoint[];
    expect(last.find(({ attributes }) => attributes['sqlquery.query'] === 'fails')!.value).toBe(0);
    expect(last.find(({ attributes }) => attributes['sqlquery.query'] === 'runs')!.value).toBeGreaterThan(0);
    expect(run.logged()).toContain('expect_failure says that it should not');
  });

  it('runs a query only where its condition gives a row', async () => {
    await using run = await polling({
      ...postgres.base,
      queries: [
        {
          name: 'no',
          sql: 'SELECT 1 AS n',
          only_if: `SELECT 1 FROM pg_extension WHERE extname = 'none'`,
          metrics: [{ metric_name: 'no', value_column: 'n' }],
        },
        {
          name: 'yes',
          sql: 'SELECT 1 AS n',
          only_if: 'SELECT 1',
          metrics: [{ metric_name: 'yes', value_column: 'n' }],
        },
      ],
    });
    await run.until(() => run.metrics('yes').length > 1);
    expect(run.metrics('no')).toHaveLength(0);
  });

  it('asks several databases, of which one is down', async () => {
    await using run = await polling({
      driver: 'postgres',
      targets: {
        here: { datasource: postgres.server.datasource },
        gone: { host: '127.0.0.1', port: 1, database: 'x' },
      },
      queries: [{ sql: 'SELECT 1 AS n', metrics: [{ metric_name: 'n', value_column: 'n' }] }],
    });
    await run.until(() => run.metrics('n').length > 3 && run.metrics('sqlquery.up').length > 4);
    const latest = new Map(
      run
        .metrics('sqlquery.up')
        .map(({ resource, metric }) => [
          resource.attributes['sqlquery.target'],
          (metric.dataPoints[0] as NumberPoint).value,
        ]),
    );
    expect(Object.fromEntries(latest)).toEqual({ gone: 0, here: 1 });
    expect(run.metrics('n').every(({ resource }) => resource.attributes['sqlquery.target'] === 'here')).toBe(true);
    expect(run.metrics('n')[0]!.resource.attributes).toEqual({
      'db.system.name': 'postgresql',
      'server.address': '127.0.0.1',
      'server.port': postgres.server.port,
      'db.namespace': 'postgres',
      'sqlquery.target': 'here',
    });
  });
});

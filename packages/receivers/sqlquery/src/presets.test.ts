import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type NumberPoint, resolveConfig } from '@millrace/core';
import { afterAll, describe, expect, it } from 'vitest';
import { config as schema } from './config.ts';
import sqlquery from './index.ts';
import { loadQueries } from './queries.ts';
import { polling } from './testdata/polling.ts';
import { hasPostgres, usePostgres } from './testdata/postgres.ts';

/** Each query at once, and then never again. */
const once = (preset: string) => {
  const config = resolveConfig(schema, { driver: 'x', database: 'x', preset } as never);
  const { queries, problems } = loadQueries(config);
  expect(problems).toEqual([]);
  return queries.map(({ name }) => ({ name, interval: '1h' }));
};

const names = (run: Awaited<ReturnType<typeof polling>>): string[] => {
  const found = run.out.batches.flatMap((batch) =>
    batch.signal === 'metrics'
      ? batch.resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name)),
        )
      : [],
  );
  return [...new Set(found)].sort();
};

describe.skipIf(!hasPostgres)('the preset postgresql', () => {
  const postgres = usePostgres(
    `CREATE EXTENSION pg_stat_statements; CREATE TABLE big (a int, b text);
    INSERT INTO big SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g; DELETE FROM big WHERE a % 2 = 0;
    SELECT pg_create_physical_replication_slot('slot', true)`,
    'VACUUM ANALYZE big',
  );

  it('gives its metrics, and nothing is wrong with them', async () => {
    const locker = await postgres.connect();
    await locker.query('BEGIN; LOCK TABLE big IN SHARE MODE');
    await using run = await polling({
      ...postgres.base,
      preset: 'postgresql',
      queries: once('postgresql'),
    });
    await run.until(
      () => run.metrics('sqlquery.query.duration').at(-1)?.metric.dataPoints.length === once('postgresql').length - 2,
    );
    await run.until(() => run.metrics('postgresql.statement.calls').length > 0);
    expect(run.context.lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([]);
    expect(names(run)).toMatchInlineSnapshot(`
      [
        "postgresql.backends",
        "postgresql.bgwriter.buffers.writes",
        "postgresql.bgwriter.checkpoint.count",
        "postgresql.blocked",
        "postgresql.blocked.longest",
        "postgresql.blocks",
        "postgresql.cache.hit_ratio",
        "postgresql.commits",
        "postgresql.connection.max",
        "postgresql.database.frozen_xid.age",
        "postgresql.database.locks",
        "postgresql.db_size",
        "postgresql.deadlocks",
        "postgresql.replication.slot.held",
        "postgresql.rollbacks",
        "postgresql.rows",
        "postgresql.statement.calls",
        "postgresql.statement.rows",
        "postgresql.statement.time",
        "postgresql.table.bloat",
        "postgresql.table.size",
        "postgresql.table.vacuum.age",
        "postgresql.temp.io",
        "postgresql.temp_files",
        "postgresql.transaction.long",
        "postgresql.transaction.oldest",
        "postgresql.transaction.oldest_idle",
        "postgresql.tuples",
        "postgresql.wal.files",
        "postgresql.wal.size",
        "postgresql.wal.written",
        "sqlquery.query.duration",
        "sqlquery.query.errors",
        "sqlquery.query.rows",
        "sqlquery.up",
      ]
    `);
    const bloat = run.metrics('postgresql.table.bloat')[0]!.metric.dataPoints as readonly { value: number }[];
    expect(bloat[0]!.value).toBeGreaterThan(1_000_000);
    const locks = run.metrics('postgresql.database.locks')[0]!.metric.dataPoints as readonly NumberPoint[];
    const share = { database: 'postgres', mode: 'ShareLock', type: 'relation', granted: 'true' };
    expect(locks).toContainEqual(expect.objectContaining({ value: 1, attributes: share }));
    await locker.end();
  });

  it('is one whose queries a config changes, and adds to', async () => {
    const { queries } = loadQueries(
      resolveConfig(schema, {
        driver: 'x',
        database: 'x',
        preset: 'postgresql',
        queries: [
          { name: 'bloat', enabled: false },
          { name: 'locks', interval: '5m' },
          { name: 'mine', sql: 'SELECT 1', logs: [{}] },
        ],
      } as never),
    );
    const byName = new Map(queries.map((query) => [query.name, query.config]));
    expect(byName.has('bloat')).toBe(false);
    expect(byName.get('locks')).toMatchObject({ interval: 300_000, sql: expect.stringContaining('pg_locks') });
    expect(byName.has('mine')).toBe(true);
  });

  it('is what doctor asks the database about', async () => {
    const config = resolveConfig(schema, {
      ...postgres.base,
      queries: [
        { name: 'good', sql: 'SELECT 1 AS n', logs: [{}] },
        { name: 'bad', sql: 'SELECT n FROM nowhere', logs: [{}] },
      ],
    } as never);
    expect(await sqlquery.diagnose!(config)).toMatchObject([
      { level: 'ok', text: `The database answers: 127.0.0.1:${postgres.server.port} postgres.` },
      { level: 'ok', text: 'The query good is one that the database takes.' },
      { level: 'error', text: expect.stringContaining('at line 1, column 15: nowhere') },
    ]);
    const down = resolveConfig(schema, {
      driver: 'postgres',
      host: '127.0.0.1',
      port: 1,
      database: 'x',
      password: 'hunter2',
      queries: [],
    } as never);
    const [finding] = await sqlquery.diagnose!(down);
    expect(finding).toMatchObject({ level: 'error', text: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('the preset sqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sqlite-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives its metrics, and nothing is wrong with them', async () => {
    const datasource = join(folder, 'shop.db');
    const database = new DatabaseSync(datasource);
    database.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT); CREATE INDEX by_what ON orders (what);
      INSERT INTO orders (what) VALUES ('a'), ('b'); ANALYZE`);
    database.close();
    await using run = await polling({
      driver: 'sqlite',
      datasource,
      preset: 'sqlite',
      queries: once('sqlite'),
      collection_interval: '300ms',
    });
    await run.until(
      () => run.metrics('sqlquery.query.duration').at(-1)?.metric.dataPoints.length === once('sqlite').length,
    );
    expect(run.context.lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([]);
    expect(names(run)).toMatchInlineSnapshot(`
      [
        "sqlite.free",
        "sqlite.objects",
        "sqlite.pages",
        "sqlite.rows",
        "sqlite.schema.version",
        "sqlite.size",
        "sqlquery.query.duration",
        "sqlquery.query.errors",
        "sqlquery.query.rows",
        "sqlquery.up",
      ]
    `);
    expect(run.metrics('sqlite.rows')[0]).toMatchObject({
      resource: { attributes: { 'db.system.name': 'sqlite', 'db.namespace': datasource } },
      metric: { dataPoints: [{ value: 2, attributes: { table: 'orders' } }] },
    });
  });

  it('ends a query that never ends, and the others go on', async () => {
    const datasource = join(folder, 'hang.db');
    new DatabaseSync(datasource).exec('CREATE TABLE t (a)');
    const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c';
    await using run = await polling({
      driver: 'sqlite',
      datasource,
      queries: [
        {
          name: 'endless',
          sql: endless,
          timeout: '300ms',
          interval: '1h',
          metrics: [{ metric_name: 'endless', value_column: 'n' }],
        },
        { name: 'quick', sql: 'SELECT 1 AS n', metrics: [{ metric_name: 'quick', value_column: 'n' }] },
      ],
      timeout: '5s',
    });
    await run.until(() => run.logged().includes('It took longer than its timeout') && run.metrics('quick').length > 5);
    expect(run.metrics('sqlquery.up').at(-1)!.metric.dataPoints).toMatchObject([{ value: 1 }]);
  });
});

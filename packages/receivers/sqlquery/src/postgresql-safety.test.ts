import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { polling } from './testdata/polling.ts';
import { hasPostgres, usePostgres } from './testdata/postgres.ts';

describe.skipIf(!hasPostgres)('a real PostgreSQL', () => {
  const postgres = usePostgres();

  it('says what is wrong with a statement, and where, before it runs', async () => {
    await using run = await polling({
      ...postgres.base,
      initial_delay: '1h',
      queries: [
        {
          name: 'wrong',
          sql: 'SELECT count(*) AS n\nFROM no_such_table',
          metrics: [{ metric_name: 'x', value_column: 'n' }],
        },
        { name: 'right', sql: 'SELECT 1 AS n', metrics: [{ metric_name: 'y', value_column: 'n' }] },
      ],
    });
    await run.until(() => run.logged().includes('A query is wrong'));
    expect(run.context.lines.filter(({ level }) => level === 'error')).toMatchObject([
      {
        fields: {
          query: 'wrong',
          error: 'relation "no_such_table" does not exist (42P01), at line 2, column 6: no_such_table',
        },
      },
    ]);
  });

  it('passes every value of the config that reaches SQL as a parameter', async () => {
    await postgres.server.sql(`CREATE TABLE victims (id text); INSERT INTO victims VALUES ('z')`);
    const hostile = [
      `'; DROP TABLE victims; --`,
      `1); DROP TABLE victims; --`,
      `$1`,
      `\\'; DROP TABLE victims`,
      `''`,
      `") OR 1=1 --`,
    ];
    for (const value of hostile) {
      await using run = await polling({
        ...postgres.base,
        read_only: false,
        queries: [
          {
            name: value,
            sql: 'SELECT id FROM victims WHERE id > $1',
            tracking_column: 'id',
            tracking_start_value: value,
            logs: [{ body_column: 'id', static_attributes: { x: value }, event_name: value }],
          },
          {
            sql: 'SELECT id FROM victims WHERE (id, id) > ($1, $2)',
            tracking: { columns: ['id', 'id'], start_values: [value, value] },
            logs: [{ body_column: 'id' }],
          },
        ],
      });
      await run.until(() => run.records().length >= 2);
    }
    // The value that the database itself gave is a parameter too.
    await postgres.server.sql(`TRUNCATE victims; INSERT INTO victims VALUES ('''; DROP TABLE victims; --')`);
    await using run = await polling({
      ...postgres.base,
      read_only: false,
      queries: [{ sql: 'SELECT id FROM victims WHERE id <> $1', tracking_column: 'id', logs: [{ body_column: 'id' }] }],
    });
    await run.until(() => run.records().length === 1);
    await sleep(350);
    expect(run.records()).toHaveLength(1);
    expect(await postgres.server.sql('SELECT count(*)::int AS n FROM victims')).toEqual([{ n: 1 }]);
  });

  it('never shows a password', async () => {
    const secret = 'hunter2-very-secret';
    await postgres.server.sql(`CREATE ROLE guarded LOGIN PASSWORD '${secret}'`);
    for (const target of [
      {
        datasource: `host=127.0.0.1 port=${postgres.server.port} user=nobody_there password=${secret} dbname=postgres`,
      },
      { datasource: `postgres://guarded:${secret}@127.0.0.1:${postgres.server.port}/${secret}` },
      { host: '127.0.0.1', port: 1, database: 'x', username: 'y', password: secret },
    ]) {
      await using run = await polling({
        driver: 'postgres',
        ...target,
        queries: [{ sql: `SELECT '${secret}'::int AS n`, metrics: [{ metric_name: 'n', value_column: 'n' }] }],
      });
      await run.until(() => run.logged().includes('"warn"'));
      await sleep(150);
      expect(run.logged()).not.toContain(secret);
    }
  });

  it('opens no more connections than it may', async () => {
    const queries = Array.from({ length: 8 }, (_, index) => ({
      name: `query ${index}`,
      sql: `SELECT 1 AS n, pg_sleep(0.05) /* bounded */`,
      metrics: [{ metric_name: `n${index}`, value_column: 'n' }],
    }));
    await using run = await polling({ ...postgres.base, max_open_conn: 2, timeout: '10s', queries });
    let most = 0;
    await run.until(() => run.metrics('n7').length > 0);
    for (let round = 0; round < 20; round++) {
      const [row] = await postgres.server.sql(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'millrace'`,
      );
      most = Math.max(most, row!['n'] as number);
    }
    expect(most).toBe(2);
    await run.stop();
    const left = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'millrace'`;
    for (let tries = 0; tries < 50 && (await postgres.server.sql(left)).length > 0; tries++) await sleep(20);
    expect(await postgres.server.sql(left)).toEqual([]);
  });

  it('reads its files of queries again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-queries-'));
    const write = (name: string) =>
      writeFileSync(
        join(folder, 'one.yaml'),
        `queries:\n  - { sql: SELECT 1 AS n, metrics: [{ metric_name: ${name}, value_column: n }] }\n`,
      );
    write('before');
    await using run = await polling({ ...postgres.base, query_files: [join(folder, '*.yaml')] });
    await run.until(() => run.metrics('before').length > 0);
    write('after');
    await run.reload();
    await run.until(() => run.metrics('after').length > 0);
    writeFileSync(join(folder, 'one.yaml'), 'queries: 5');
    await expect(run.reload()).rejects.toThrow('queries must be a list');
    const count = run.metrics('after').length;
    await run.until(() => run.metrics('after').length > count);
    rmSync(folder, { recursive: true });
  });
});

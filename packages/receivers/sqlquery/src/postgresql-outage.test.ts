import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, NumberPoint } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Polling, polling } from './testdata/polling.ts';
import { hasPostgres, startPostgres, usePostgres } from './testdata/postgres.ts';

describe.skipIf(!hasPostgres)('a real PostgreSQL that hangs or is gone', () => {
  const postgres = usePostgres();

  it('cancels a query that hangs on a lock, while the others are on time', async () => {
    await postgres.server.sql('CREATE TABLE locked (n int)');
    const locker = await postgres.connect();
    await locker.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
    await using run = await polling({
      ...postgres.base,
      queries: [
        {
          name: 'hangs',
          sql: 'SELECT count(*) AS n FROM locked',
          timeout: '500ms',
          metrics: [{ metric_name: 'locked', value_column: 'n' }],
        },
        { name: 'quick', sql: 'SELECT 1 AS n', timeout: '5s', metrics: [{ metric_name: 'quick', value_column: 'n' }] },
      ],
    });
    await run.until(
      () => run.metrics('quick').length > 0 && run.logged().includes('It took longer than its timeout, 500 ms'),
    );
    const before = run.metrics('quick').length;
    await sleep(1200);
    await run.stop();
    // Every 100 ms; a query that waited for the hanging one would run twice.
    expect(run.metrics('quick').length - before).toBeGreaterThan(7);
    expect(run.metrics('locked')).toHaveLength(0);
    expect(
      await postgres.server.sql(
        `SELECT pid FROM pg_stat_activity WHERE query LIKE '%FROM locked%' AND state = 'active' AND pid <> pg_backend_pid()`,
      ),
    ).toEqual([]);
    await locker.end();
  });

  it('goes on when the server comes back, and says that it was gone', async () => {
    await using run = await polling({
      ...postgres.base,
      queries: [
        { name: 'slow', sql: 'SELECT 1 AS n, pg_sleep(0.05)', metrics: [{ metric_name: 'n', value_column: 'n' }] },
      ],
    });
    const up = () => run.metrics('sqlquery.up').map(({ metric }) => (metric.dataPoints[0] as NumberPoint).value);
    await run.until(() => run.metrics('n').length > 2 && up().at(-1) === 1);
    await postgres.server.stop('immediate');
    await run.until(() => up().at(-1) === 0);
    const before = run.metrics('n').length;
    await postgres.server.start();
    await run.until(() => up().at(-1) === 1 && run.metrics('n').length > before);
    expect(run.context.lines.filter(({ message }) => message === 'The database cannot be reached.')).toHaveLength(1);
    expect(run.logged()).toContain('The database can be reached again.');
  });

  it('is down when its server answers no more, and the program stops in time', { timeout: 40_000 }, async () => {
    const rare = { sql: 'SELECT 1 AS n', interval: '1h', metrics: [{ metric_name: 'rare', value_column: 'n' }] };
    const often = { sql: 'SELECT 1 AS n', timeout: '300ms', metrics: [{ metric_name: 'often', value_column: 'n' }] };
    const own = await startPostgres();
    const at = { driver: 'postgres', datasource: own.datasource };
    const up = (run: Polling) =>
      run.metrics('sqlquery.up').map(({ metric }) => (metric.dataPoints[0] as NumberPoint).value);
    try {
      await using one = await polling({ ...at, queries: [rare] });
      await using two = await polling({ ...at, queries: [often] });
      await one.until(() => one.metrics('rare').length > 0 && two.metrics('often').length > 0);
      own.signal('SIGSTOP');
      await one.until(() => up(one).at(-1) === 0);
      await two.until(() => up(two).at(-1) === 0);
      const began = Date.now();
      await two.stop();
      expect(Date.now() - began).toBeLessThan(3_000);
      own.signal('SIGCONT');
      await one.until(() => up(one).at(-1) === 1);
    } finally {
      await own.remove();
    }
  });

  it('gives each log row exactly once while the server is killed in the middle', async () => {
    await postgres.server.sql(
      `CREATE TABLE lines (id int); INSERT INTO lines SELECT generate_series(1, 30000); CHECKPOINT`,
    );
    const taken: number[] = [];
    const next = {
      async consume(batch: Batch) {
        if (batch.signal !== 'logs') return;
        await sleep(15);
        for (const { scopeLogs } of batch.resourceLogs)
          for (const { logRecords } of scopeLogs) for (const { body } of logRecords) taken.push(Number(body));
      },
    };
    const sql = 'SELECT id FROM lines WHERE id > $1 ORDER BY id';
    const query = {
      sql,
      tracking_column: 'id',
      tracking_start_value: 0,
      timeout: '20s',
      logs: [{ body_column: 'id' }],
    };
    await using run = await polling({ ...postgres.base, queries: [query] }, { next });
    for (const at of [3_000, 12_000]) {
      await run.until(() => taken.length > at);
      await postgres.server.stop('immediate');
      expect(taken.length).toBeLessThan(30_000);
      await postgres.server.start();
    }
    await run.until(() => taken.length >= 30_000);
    await sleep(250);
    expect(taken).toEqual(Array.from({ length: 30_000 }, (_, index) => index + 1));
  });
});

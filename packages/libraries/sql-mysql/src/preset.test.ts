import { resolveConfig } from '@millrace/core';
import mysql from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { config as schema } from '../../../receivers/sqlquery/src/config.ts';
import { loadQueries } from '../../../receivers/sqlquery/src/queries.ts';
import { polling } from '../../../receivers/sqlquery/src/testdata/polling.ts';
import { hasMariaDb, type MariaDb, startMariaDb } from './testdata/mariadb.ts';

describe.skipIf(!hasMariaDb)("sqlquery's preset mysql", () => {
  let server: MariaDb;
  beforeAll(async () => {
    server = await startMariaDb();
    await server.run(`CREATE TABLE shop.t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB; INSERT INTO shop.t VALUES (1, 1), (2, 2);
      CREATE USER monitor@'%' IDENTIFIED BY 'm'; GRANT PROCESS, REPLICATION CLIENT, SLAVE MONITOR ON *.* TO monitor@'%';
      GRANT SELECT ON performance_schema.* TO monitor@'%'; GRANT SELECT ON shop.* TO monitor@'%';
      CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x'`);
  }, 60_000);
  afterAll(() => server?.stop());

  it('gives its metrics and records, and nothing is wrong with them', async () => {
    const { queries } = loadQueries(
      resolveConfig(schema, { driver: 'mysql', database: 'x', preset: 'mysql' } as never),
    );
    const holder = mysql.createConnection({ socketPath: server.socket, user: 'root', database: 'shop' });
    const waiter = mysql.createConnection({ socketPath: server.socket, user: 'root', database: 'shop' });
    try {
      const held = Promise.withResolvers<void>();
      holder.query('BEGIN');
      holder.query('UPDATE t SET v = 3 WHERE id = 1', () => held.resolve());
      await held.promise;
      waiter.query('UPDATE t SET v = 4 WHERE id = 1').on('error', () => {});
      await using run = await polling({
        driver: 'mysql',
        datasource: `monitor:m@tcp(127.0.0.1:${server.port})/`,
        preset: 'mysql',
        queries: queries.map(({ name }) => ({ name, interval: '500ms' })),
      });
      const ranTwice = (): boolean =>
        run.metrics('mysql.table.size').length > 1 && run.metrics('mysql.statement_event.count').length > 0;
      await run.until(() => ranTwice() && run.records().length > 0);
      expect(run.context.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);

      const found = run.out.batches.flatMap((batch) =>
        batch.signal === 'metrics'
          ? batch.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
          : [],
      );
      const names = new Set(found.map(({ descriptor }) => descriptor.name).filter((name) => name.startsWith('mysql.')));
      const wanted = queries.flatMap(({ config }) => (config.metrics ?? []).map((metric) => metric.metric_name));
      // This replica does not replicate: how far it is behind is not known. And MariaDB does not count rows any more.
      const absent = ['mysql.replica.time_behind_source', 'mysql.row_operations'];
      const expected = new Set(wanted.filter((name) => !absent.includes(name)));
      expect([...names].sort()).toEqual([...expected].sort());

      const threads = run.metrics('mysql.threads');
      const kinds = threads.flatMap(({ metric }) =>
        metric.dataPoints.map(({ attributes }) => String(attributes['kind'])),
      );
      expect(new Set(kinds)).toEqual(new Set(['connected', 'running', 'cached']));
      expect(threads[0]!.resource.attributes).toMatchObject({ 'db.system.name': 'mysql', 'server.port': server.port });
      const sizes = run.metrics('mysql.table.size').at(-1)!.metric.dataPoints;
      expect(sizes.map(({ attributes }) => attributes)).toContainEqual({ schema: 'shop', table: 't', kind: 'data' });
      expect(run.records()[0]).toMatchObject({
        eventName: 'mysql.transaction.long',
        attributes: { state: 'lock wait', user: 'root', db: 'shop' },
        body: { statement: 'UPDATE t SET v = 4 WHERE id = 1' },
      });
    } finally {
      waiter.destroy();
      holder.destroy();
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, isEnded, memoryStorage, type NumberPoint } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../libraries/sql-postgresql/src/testdata/server.ts';
import { type Polling, polling } from './testdata/polling.ts';

describe.skipIf(!hasPostgres)('a real PostgreSQL', () => {
  let server: PostgresServer;
  let base: { driver: string; datasource: string };
  beforeAll(async () => {
    server = await startPostgres();
    base = { driver: 'postgres', datasource: server.datasource };
  }, 60_000);
  afterAll(() => server.remove());

  it('makes one metric with a point for each row', async () => {
    const sql = `SELECT * FROM (VALUES ('a', 1, 1.5), ('b', 2, NULL), ('c', 9007199254740993, 0)) AS t (kind, n, ratio)`;
    await using run = await polling({
      ...base,
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
    await expect(render(batch).replaceAll(String(server.port), 'PORT')).toMatchFileSnapshot('../testdata/mapping.txt');
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
    await server.sql(
      `CREATE TABLE things (name text, node text, n int); INSERT INTO things VALUES ('a', 'x', 1), ('b', 'y', 2)`,
    );
    await using run = await polling({
      ...base,
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
    await server.sql(`DELETE FROM things WHERE name = 'b'`);
    await run.until(() => points().some(({ point }) => isEnded(point)));
    const ended = points().filter(({ point }) => isEnded(point));
    expect(ended).toMatchObject([{ resource: { attributes: { node: 'y' } }, point: { attributes: { name: 'b' } } }]);
    const a = points().filter(({ point }) => point.attributes['name'] === 'a');
    expect(new Set(a.map(({ point }) => point.attributes)).size).toBe(1);
    expect(new Set(a.map(({ resource }) => resource)).size).toBe(1);
    expect(new Set(a.map(({ point }) => point.startTime)).size).toBe(1);
  });

  it('cancels a query that hangs on a lock, while the others are on time', async () => {
    await server.sql('CREATE TABLE locked (n int)');
    const { Client } = await import('pg');
    const locker = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' });
    await locker.connect();
    await locker.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
    await using run = await polling({
      ...base,
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
      await server.sql(
        `SELECT pid FROM pg_stat_activity WHERE query LIKE '%FROM locked%' AND state = 'active' AND pid <> pg_backend_pid()`,
      ),
    ).toEqual([]);
    await locker.end();
  });

  it('goes on when the server comes back, and says that it was gone', async () => {
    await using run = await polling({
      ...base,
      queries: [
        { name: 'slow', sql: 'SELECT 1 AS n, pg_sleep(0.05)', metrics: [{ metric_name: 'n', value_column: 'n' }] },
      ],
    });
    const up = () => run.metrics('sqlquery.up').map(({ metric }) => (metric.dataPoints[0] as NumberPoint).value);
    await run.until(() => run.metrics('n').length > 2 && up().at(-1) === 1);
    await server.stop('immediate');
    await run.until(() => up().at(-1) === 0);
    const before = run.metrics('n').length;
    await server.start();
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

  it('says what is wrong with a statement, and where, before it runs', async () => {
    await using run = await polling({
      ...base,
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

  it('gives each log row exactly once while the pipeline refuses at random', async () => {
    await server.sql(`CREATE TABLE events (id bigserial, at timestamptz, level text, body text);
      INSERT INTO events (at, level, body) SELECT '2026-01-01T00:00:00Z'::timestamptz + g * interval '1 s', 'WARNING', 'event ' || g FROM generate_series(1, 5500) g`);
    const storage = memoryStorage();
    let seed = 7;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const taken: string[] = [];
    const next = {
      async consume(batch: Batch) {
        if (batch.signal !== 'logs') return;
        await sleep(1);
        if (random() < 0.4) throw new Error('no room');
        for (const { scopeLogs } of batch.resourceLogs)
          for (const { logRecords } of scopeLogs) for (const { body } of logRecords) taken.push(String(body));
      },
    };
    const queries = [
      {
        name: 'events',
        sql: 'SELECT * FROM events WHERE id > $1 ORDER BY id',
        tracking_column: 'id',
        tracking_start_value: '0',
        interval: '20ms',
        timeout: '10s',
        logs: [{ body_column: 'body', ts_column: 'at', severity_column: 'level', attribute_columns: ['id'] }],
      },
    ];
    {
      await using run = await polling({ ...base, queries }, { next, storage });
      await run.until(() => taken.length >= 5500);
      await server.sql(
        `INSERT INTO events (at, level, body) SELECT now(), 'LOG', 'event ' || g FROM generate_series(5501, 5600) g`,
      );
      await run.until(() => taken.length >= 5600);
    }
    {
      await using _ = await polling({ ...base, queries }, { next, storage });
      await sleep(300);
    }
    expect(taken).toEqual(Array.from({ length: 5600 }, (_, index) => `event ${index + 1}`));
  });

  it('gives each log row exactly once while the server is killed in the middle', async () => {
    await server.sql(`CREATE TABLE lines (id int); INSERT INTO lines SELECT generate_series(1, 30000); CHECKPOINT`);
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
    await using run = await polling({ ...base, queries: [query] }, { next });
    for (const at of [3_000, 12_000]) {
      await run.until(() => taken.length > at);
      await server.stop('immediate');
      expect(taken.length).toBeLessThan(30_000);
      await server.start();
    }
    await run.until(() => taken.length >= 30_000);
    await sleep(250);
    expect(taken).toEqual(Array.from({ length: 30_000 }, (_, index) => index + 1));
  });

  it('loses no row that shares its tracking value with others', async () => {
    await server.sql(
      `CREATE TABLE tied (tick int, id int); INSERT INTO tied SELECT g / 300, g FROM generate_series(0, 3999) g`,
    );
    await using run = await polling({
      ...base,
      queries: [
        {
          sql: 'SELECT * FROM tied WHERE tick > $1 ORDER BY tick',
          tracking_column: 'tick',
          tracking_start_value: -1,
          logs: [{ body_column: 'id' }],
        },
        {
          sql: 'SELECT * FROM tied WHERE (tick, id) > ($1, $2) ORDER BY tick, id',
          tracking: { columns: ['tick', 'id'], start_values: [-1, 0] },
          logs: [{ attribute_columns: ['id'], static_attributes: { by: 'two' } }],
        },
      ],
    });
    await run.until(() => run.records().length >= 8000);
    await sleep(300);
    const ids = (two: boolean) =>
      run
        .records()
        .filter(({ attributes }) => (attributes['by'] === 'two') === two)
        .map(({ body, attributes }) => Number(two ? attributes['id'] : body))
        .sort((a, b) => a - b);
    const all = Array.from({ length: 4000 }, (_, index) => index);
    expect(ids(false)).toEqual(all);
    expect(ids(true)).toEqual(all);
    expect(run.records().find(({ attributes }) => attributes['by'] === 'two')!.body).toEqual({ tick: 0, id: 0 });
  });

  it('passes every value of the config that reaches SQL as a parameter', async () => {
    await server.sql(`CREATE TABLE victims (id text); INSERT INTO victims VALUES ('z')`);
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
        ...base,
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
    await server.sql(`TRUNCATE victims; INSERT INTO victims VALUES ('''; DROP TABLE victims; --')`);
    await using run = await polling({
      ...base,
      read_only: false,
      queries: [{ sql: 'SELECT id FROM victims WHERE id <> $1', tracking_column: 'id', logs: [{ body_column: 'id' }] }],
    });
    await run.until(() => run.records().length === 1);
    await sleep(350);
    expect(run.records()).toHaveLength(1);
    expect(await server.sql('SELECT count(*)::int AS n FROM victims')).toEqual([{ n: 1 }]);
  });

  it('never shows a password', async () => {
    const secret = 'hunter2-very-secret';
    await server.sql(`CREATE ROLE guarded LOGIN PASSWORD '${secret}'`);
    for (const target of [
      { datasource: `host=127.0.0.1 port=${server.port} user=nobody_there password=${secret} dbname=postgres` },
      { datasource: `postgres://guarded:${secret}@127.0.0.1:${server.port}/${secret}` },
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

  it('asks several databases, of which one is down', async () => {
    await using run = await polling({
      driver: 'postgres',
      targets: { here: { datasource: server.datasource }, gone: { host: '127.0.0.1', port: 1, database: 'x' } },
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
      'server.port': server.port,
      'db.namespace': 'postgres',
      'sqlquery.target': 'here',
    });
  });

  it('wants a query to fail where the config says so', async () => {
    await using run = await polling({
      ...base,
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
      ...base,
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

  it('opens no more connections than it may', async () => {
    const queries = Array.from({ length: 8 }, (_, index) => ({
      name: `query ${index}`,
      sql: `SELECT 1 AS n, pg_sleep(0.05) /* bounded */`,
      metrics: [{ metric_name: `n${index}`, value_column: 'n' }],
    }));
    await using run = await polling({ ...base, max_open_conn: 2, timeout: '10s', queries });
    let most = 0;
    await run.until(() => run.metrics('n7').length > 0);
    for (let round = 0; round < 20; round++) {
      const [row] = await server.sql(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'millrace'`,
      );
      most = Math.max(most, row!['n'] as number);
    }
    expect(most).toBe(2);
    await run.stop();
    const left = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'millrace'`;
    for (let tries = 0; tries < 50 && (await server.sql(left)).length > 0; tries++) await sleep(20);
    expect(await server.sql(left)).toEqual([]);
  });

  it('gives all that a log record can have', async () => {
    const sql = `SELECT * FROM (VALUES
      (1, '2026-01-31T12:00:00.123456Z'::timestamptz, 'ERROR', 'it broke', 'eu', 12.50, '{"a":[1]}'::jsonb),
      (2, NULL, NULL, NULL, NULL, NULL, NULL)) AS t (id, at, level, text, region, price, more)`;
    const attribute_columns = ['id', 'price', 'more'];
    const log = { body_column: 'text', ts_column: 'at', severity_column: 'level', attribute_columns };
    await using run = await polling({
      ...base,
      collection_interval: '1h',
      queries: [
        {
          name: 'a',
          sql,
          resource_attribute_columns: ['region'],
          logs: [{ ...log, static_attributes: { job: 'x' }, event_name: 'e' }],
        },
        {
          name: 'b',
          sql,
          typed_attributes: true,
          logs: [{ attribute_columns, row_condition: { column: 'id', value: '1' } }],
        },
      ],
    });
    await run.until(() => run.records().length === 3);
    const [first, second] = run.records().filter(({ eventName }) => eventName === 'e');
    expect(first).toMatchObject({
      time: [1769860800, 123456000],
      severityNumber: 17,
      severityText: 'ERROR',
      body: 'it broke',
      attributes: { id: '1', price: '12.50', more: '{"a": [1]}', job: 'x' },
    });
    expect(second).toMatchObject({ body: null, attributes: { id: '2', job: 'x' } });
    expect(Object.keys(second!)).not.toContain('time');
    const typed = run.records().find(({ eventName }) => eventName === undefined)!;
    expect(typed.attributes).toEqual({ id: 1, price: '12.50', more: { a: [1] } });
    expect(typed.body).toEqual({
      id: 1,
      at: expect.any(String),
      level: 'ERROR',
      text: 'it broke',
      region: 'eu',
      price: '12.50',
      more: { a: [1] },
    });
    const regions = run.out.batches.flatMap((batch) =>
      batch.signal === 'logs' ? batch.resourceLogs.map(({ resource }) => resource.attributes['region']) : [],
    );
    expect(regions).toContain('eu');
  });

  it('reads its files of queries again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-queries-'));
    const write = (name: string) =>
      writeFileSync(
        join(folder, 'one.yaml'),
        `queries:\n  - { sql: SELECT 1 AS n, metrics: [{ metric_name: ${name}, value_column: n }] }\n`,
      );
    write('before');
    await using run = await polling({ ...base, query_files: [join(folder, '*.yaml')] });
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

  it('keeps a position in storage by the name of the query, whatever its text', async () => {
    await server.sql('CREATE TABLE kept (id int8); INSERT INTO kept VALUES (1), (9007199254740993)');
    const storage = memoryStorage();
    const query = (text: string) => [
      {
        name: 'kept',
        sql: `SELECT id ${text} FROM kept WHERE id > $1 ORDER BY 1`,
        tracking_column: 'id',
        tracking_start_value: 0,
        logs: [{ body_column: 'id' }],
      },
    ];
    {
      await using run = await polling({ ...base, queries: query('') }, { storage });
      await run.until(() => run.records().length === 2);
    }
    await server.sql('INSERT INTO kept VALUES (9007199254740992), (9007199254740994)');
    await using run = await polling({ ...base, queries: query('AS id') }, { storage });
    await run.until(() => run.records().length === 1);
    await sleep(250);
    expect(run.records().map(({ body }) => body)).toEqual(['9007199254740994']);
  });
});

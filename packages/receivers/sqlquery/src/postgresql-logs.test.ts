import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, memoryStorage } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { polling } from './testdata/polling.ts';
import { hasPostgres, usePostgres } from './testdata/postgres.ts';

describe.skipIf(!hasPostgres)('the log records of a real PostgreSQL', () => {
  const postgres = usePostgres();

  it('gives all that a log record can have', async () => {
    const sql = `SELECT * FROM (VALUES
      (1, '2026-01-31T12:00:00.123456Z'::timestamptz, 'ERROR', 'it broke', 'eu', 12.50, '{"a":[1]}'::jsonb),
      (2, NULL, NULL, NULL, NULL, NULL, NULL)) AS t (id, at, level, text, region, price, more)`;
    const attribute_columns = ['id', 'price', 'more'];
    const log = { body_column: 'text', ts_column: 'at', severity_column: 'level', attribute_columns };
    await using run = await polling({
      ...postgres.base,
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

  it('gives each log row exactly once while the pipeline refuses at random', async () => {
    await postgres.server.sql(`CREATE TABLE events (id bigserial, at timestamptz, level text, body text);
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
      await using run = await polling({ ...postgres.base, queries }, { next, storage });
      await run.until(() => taken.length >= 5500);
      await postgres.server.sql(
        `INSERT INTO events (at, level, body) SELECT now(), 'LOG', 'event ' || g FROM generate_series(5501, 5600) g`,
      );
      await run.until(() => taken.length >= 5600);
    }
    {
      await using _ = await polling({ ...postgres.base, queries }, { next, storage });
      await sleep(300);
    }
    expect(taken).toEqual(Array.from({ length: 5600 }, (_, index) => `event ${index + 1}`));
  });

  it('loses no row that shares its tracking value with others', async () => {
    await postgres.server.sql(
      `CREATE TABLE tied (tick int, id int); INSERT INTO tied SELECT g / 300, g FROM generate_series(0, 3999) g`,
    );
    await using run = await polling({
      ...postgres.base,
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

  it('keeps a position in storage by the name of the query, whatever its text', async () => {
    await postgres.server.sql('CREATE TABLE kept (id int8); INSERT INTO kept VALUES (1), (9007199254740993)');
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
      await using run = await polling({ ...postgres.base, queries: query('') }, { storage });
      await run.until(() => run.records().length === 2);
    }
    await postgres.server.sql('INSERT INTO kept VALUES (9007199254740992), (9007199254740994)');
    await using run = await polling({ ...postgres.base, queries: query('AS id') }, { storage });
    await run.until(() => run.records().length === 1);
    await sleep(250);
    expect(run.records().map(({ body }) => body)).toEqual(['9007199254740994']);
  });
});

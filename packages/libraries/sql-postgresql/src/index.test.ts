import { once } from 'node:events';
import { type AddressInfo, connect as dial, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Row, Rows, Target } from '@millrace/sql';
import { SqlError } from '@millrace/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import postgresql from './index.ts';
import { readTarget } from './target.ts';
import { hasPostgres, type PostgresServer, startPostgres } from './testdata/server.ts';

const never = new AbortController().signal;

describe('what a datasource says', () => {
  const cases: { written: Target; host: string; port?: number; database: string; user: string; password?: string }[] = [
    {
      written: {
        datasource: String.raw`host=db.example port=5433 user=me password='it\'s \\ here' dbname=shop sslmode=disable`,
        readOnly: true,
      },
      host: 'db.example',
      port: 5433,
      database: 'shop',
      user: 'me',
      password: String.raw`it's \ here`,
    },
    {
      written: { datasource: 'postgresql://me:p%40ss@db:6432/shop%20two?sslmode=disable', readOnly: true },
      host: 'db',
      port: 6432,
      database: 'shop two',
      user: 'me',
      password: 'p@ss',
    },
    {
      written: { datasource: 'postgres://me@/shop?host=/run/postgresql', readOnly: true },
      host: '/run/postgresql',
      database: 'shop',
      user: 'me',
    },
    {
      written: { host: '127.0.0.1', port: 5, database: 'a', username: 'b', password: 'c=d e', readOnly: true },
      host: '127.0.0.1',
      port: 5,
      database: 'a',
      user: 'b',
      password: 'c=d e',
    },
  ];
  it.each(cases)('$written', ({ written, ...expected }) => {
    expect(readTarget(written)).toMatchObject({ port: 5432, ...expected });
  });

  it('verifies nothing it was not asked to, and needs TLS only where the server may be far away', () => {
    const tls = (datasource: string) => readTarget({ datasource, readOnly: true }).tls;
    expect(tls('host=localhost')).toEqual([undefined]);
    expect(tls('host=db.example')).toEqual([{ rejectUnauthorized: false }]);
    expect(tls('host=db.example sslmode=verify-full')).toEqual([{ rejectUnauthorized: true }]);
    expect(() => tls('host=db.example sslmode=sometimes')).toThrow('sslmode cannot be sometimes');
  });

  it.each(['just words', 'postgres://[:::'])('refuses %s without repeating it', (datasource) => {
    expect(() => readTarget({ datasource, readOnly: true })).toThrow(SqlError);
    expect(() => readTarget({ datasource, readOnly: true })).not.toThrow(datasource);
  });
});

describe.skipIf(!hasPostgres)('a real server', () => {
  let server: PostgresServer;
  const open: Connection[] = [];
  beforeAll(async () => void (server = await startPostgres()), 60_000);
  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await server.remove();
  });

  async function connect(readOnly = true): Promise<Connection> {
    const connection = await postgresql.connect({ datasource: server.datasource, readOnly }, never);
    open.push(connection);
    return connection;
  }

  async function all(rows: AsyncIterable<Rows>): Promise<{ columns: Rows['columns']; rows: Row[]; pieces: number }> {
    let columns: Rows['columns'] = [];
    const found: Row[] = [];
    let pieces = 0;
    for await (const piece of rows) {
      columns = piece.columns;
      found.push(...piece.rows);
      pieces++;
    }
    return { columns, rows: found, pieces };
  }

  it.each([
    [`1::int2`, 'integer', 1],
    [`9007199254740993::int8`, 'integer', 9007199254740993n],
    [`9007199254740991::int8`, 'integer', 9007199254740991],
    [`0.1::float8`, 'double', 0.1],
    [`'NaN'::float8`, 'double', NaN],
    [`123456789012345678901234567890.12::numeric`, 'decimal', '123456789012345678901234567890.12'],
    [`true`, 'boolean', true],
    [`'2026-01-31 12:00:00.123456+02'::timestamptz AT TIME ZONE 'UTC'`, 'time', '2026-01-31T10:00:00.123456'],
    [`DATE '2026-01-31'`, 'time', '2026-01-31'],
    [`'{"a":1}'::jsonb`, 'json', '{"a": 1}'],
    [String.raw`'\x00ff'::bytea`, 'bytes', new Uint8Array([0, 255])],
    [`'x'::text`, 'text', 'x'],
    [`ARRAY[1,2]`, 'text', '{1,2}'],
    [`NULL::int`, 'integer', null],
  ])('reads %s as %s', async (expression, kind, value) => {
    const { columns, rows } = await all((await connect()).query(`SELECT ${expression} AS v`, { signal: never }));
    expect(columns).toMatchObject([{ name: 'v', kind }]);
    expect(rows).toEqual([[value]]);
  });

  it('gives instants with their zone, whatever the session has', async () => {
    const params = { options: '-c TimeZone=Asia/Kolkata' };
    const connection = await postgresql.connect({ datasource: server.datasource, params, readOnly: true }, never);
    open.push(connection);
    const { rows } = await all(connection.query(`SELECT '2026-01-31 12:00:00+00'::timestamptz`, { signal: never }));
    expect(rows).toEqual([['2026-01-31T17:30:00+05:30']]);
  });

  it('passes parameters as values, never as text', async () => {
    const hostile = `'; DROP TABLE x; --`;
    const { rows } = await all((await connect()).query('SELECT $1::text', { parameters: [hostile], signal: never }));
    expect(rows).toEqual([[hostile]]);
  });

  it('gives pieces, and the columns of no rows', async () => {
    const connection = await connect();
    const many = await all(connection.query('SELECT generate_series(1, 2500)', { signal: never }));
    expect([many.rows.length, many.pieces]).toEqual([2500, 3]);
    const none = await all(connection.query('SELECT 1 AS a WHERE false', { signal: never }));
    expect([none.columns.map(({ name }) => name), none.pieces]).toEqual([['a'], 1]);
  });

  it('is usable after someone stopped reading', async () => {
    const connection = await connect();
    for await (const _ of connection.query('SELECT generate_series(1, 1000000)', { signal: never })) break;
    expect((await all(connection.query('SELECT 1', { signal: never }))).rows).toEqual([[1]]);
  });

  it('cancels on the server', async () => {
    const connection = await connect();
    const stop = new AbortController();
    const running = all(connection.query('SELECT pg_sleep(60)', { signal: stop.signal, timeoutMs: 60_000 }));
    const sleeping = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'`;
    while ((await server.sql(sleeping))[0]!['n'] !== 1) await sleep(10);
    stop.abort(new Error('late'));
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await server.sql(sleeping)).toEqual([{ n: 0 }]);
    // A request to cancel that came late would hit the next statement.
    expect(connection.isBroken).toBe(true);
  });

  it('breaks off while rows are read', async () => {
    const connection = await connect();
    const stop = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const _ of connection.query('SELECT generate_series(1, 100000000)', { signal: stop.signal }))
        stop.abort();
    };
    await expect(reading()).rejects.toMatchObject({ kind: 'cancelled' });
    expect(
      await server.sql(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 100000000)%' AND state = 'active' AND pid <> pg_backend_pid()`,
      ),
    ).toEqual([]);
  });

  it('does not go on with a connection that was asked to cancel when all had been read', async () => {
    const connection = await connect();
    const stop = new AbortController();
    const rows: Row[] = [];
    for await (const piece of connection.query('SELECT 1', { signal: stop.signal })) {
      rows.push(...piece.rows);
      stop.abort();
    }
    expect([rows, connection.isBroken]).toEqual([[[1]], true]);
  });

  it('leaves no request to cancel on its way, by which the server would be asked after the end', async () => {
    let connections = 0;
    let heard = 0;
    const slow = createServer({ allowHalfOpen: true }, (socket) => {
      // The first is the session, the others are requests to cancel it.
      const isRequest = connections++ > 0;
      const pass = (): void => {
        const upstream = dial(server.port, '127.0.0.1').on('error', () => {});
        if (isRequest) upstream.once('end', () => heard++);
        socket.pipe(upstream).pipe(socket);
      };
      socket.on('error', () => {});
      setTimeout(pass, isRequest ? 50 : 0);
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const datasource = server.datasource.replace(/port=\d+/, `port=${port}`);
    const connection = await postgresql.connect({ datasource, readOnly: true }, never);
    const stop = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const _ of connection.query('SELECT generate_series(1, 5000)', { signal: stop.signal })) stop.abort();
    };
    await expect(reading()).rejects.toMatchObject({ kind: 'cancelled' });
    await connection.close();
    expect(connections).toBeGreaterThan(1);
    expect(heard).toBe(connections - 1);
    slow.close();
  });

  it('tells the server the limit too', async () => {
    const { rows } = await all((await connect()).query('SHOW statement_timeout', { signal: never, timeoutMs: 4000 }));
    expect(rows).toEqual([['5s']]);
    const writing = await connect(false);
    expect((await all(writing.query('SHOW statement_timeout', { signal: never, timeoutMs: 9000 }))).rows).toEqual([
      ['10s'],
    ]);
  });

  it('writes nothing unless it may', async () => {
    await server.sql('CREATE TABLE IF NOT EXISTS written (a int)');
    const insert = 'INSERT INTO written VALUES (1) RETURNING a';
    await expect(all((await connect()).query(insert, { signal: never }))).rejects.toThrow('read-only transaction');
    expect((await all((await connect(false)).query(insert, { signal: never }))).rows).toEqual([[1]]);
    expect(await server.sql('SELECT * FROM written')).toEqual([{ a: 1 }]);
    const two = 'SELECT 1; DROP TABLE written';
    await expect(all((await connect(false)).query(two, { signal: never }))).rejects.toThrow('multiple commands');
  });

  it('has statements checked without running them', async () => {
    const connection = await connect(false);
    await connection.check('DELETE FROM pg_class', never);
    await connection.check('SHOW server_version', never);
    const wrong = connection.check('SELECT\n  nothing FROM pg_class', never);
    await expect(wrong).rejects.toMatchObject({ kind: 'statement', code: '42703', position: 10 });
    await expect(connection.check('SELECT 1; SELECT 2', never)).rejects.toThrow('multiple commands');
    expect((await all(connection.query('SELECT 3', { signal: never }))).rows).toEqual([[3]]);
  });

  it('says what is wrong with a connection', async () => {
    const to = (datasource: string) => postgresql.connect({ datasource, readOnly: true }, AbortSignal.timeout(5000));
    await expect(to('host=127.0.0.1 port=1 user=x')).rejects.toMatchObject({ kind: 'connection' });
    await expect(to(server.datasource.replace('dbname=postgres', 'dbname=none'))).rejects.toMatchObject({
      kind: 'connection',
      code: '3D000',
    });
  });

  it('knows that its server is gone', async () => {
    const connection = await connect();
    const running = all(connection.query('SELECT pg_sleep(60)', { signal: never })).catch((error: unknown) => error);
    await sleep(200);
    await server.stop('immediate');
    expect(await running).toMatchObject({ kind: 'connection' });
    expect(connection.isBroken).toBe(true);
    await connection.close();
    await server.start();
  });
});

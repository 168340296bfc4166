import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Connection, QueryOptions, Rows, Target } from '@millrace/sql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import driver from './index.ts';
import { hasMariaDb, type MariaDb, startMariaDb } from './testdata/mariadb.ts';

if (!hasMariaDb) console.warn('SKIPPED: there is no MariaDB here (apt-get install mariadb-server).');

const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const open: Connection[] = [];
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});

async function connect(target: Omit<Target, 'readOnly'>, readOnly = true): Promise<Connection> {
  const connection = await driver.connect({ ...target, readOnly }, soon());
  open.push(connection);
  return connection;
}

async function piecesOf(pieces: AsyncIterable<Rows>): Promise<Rows[]> {
  const all: Rows[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

async function ask(connection: Connection, sql: string, options: Partial<QueryOptions> = {}) {
  const pieces = await piecesOf(connection.query(sql, { signal: soon(), ...options }));
  return { columns: pieces[0]!.columns, rows: pieces.flatMap(({ rows }) => rows) };
}

describe.skipIf(!hasMariaDb)('with MariaDB', () => {
  let server: MariaDb;
  let datasource: string;
  beforeAll(async () => {
    server = await startMariaDb();
    datasource = `reader:se:cr@t/@tcp(127.0.0.1:${server.port})/shop`;
    await server.run(`
      CREATE TABLE shop.types (
        tiny TINYINT, big BIGINT, ubig BIGINT UNSIGNED, deci DECIMAL(38,10), flo FLOAT, dou DOUBLE, bits BIT(64), yea YEAR,
        dat DATE, tim TIME(3), dattim DATETIME(6), stamp TIMESTAMP(3) NULL, txt VARCHAR(20), blo BLOB, js JSON, enu ENUM('a','b'), nothing INT
      );
      INSERT INTO shop.types VALUES (
        -128, -9223372036854775808, 18446744073709551615, '-1234567890123456789012345678.0123456789', 1.5, 0.1, b'1${'0'.repeat(63)}', 2026,
        '2026-01-31', '-12:34:56.789', '2026-01-31 12:00:00.123456', '2026-01-31 12:00:00.5', 'é ''x''', x'00ff', '{"a": 12345678901234567890}', 'b', NULL
      );
      CREATE TABLE shop.t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB; INSERT INTO shop.t VALUES (1, 1);`);
  }, 60_000);
  afterAll(() => server?.stop());

  const wanted = {
    tiny: ['integer', -128],
    big: ['integer', -9_223_372_036_854_775_808n],
    ubig: ['integer', 18_446_744_073_709_551_615n],
    deci: ['decimal', '-1234567890123456789012345678.0123456789'],
    flo: ['double', 1.5],
    dou: ['double', 0.1],
    bits: ['integer', 9_223_372_036_854_775_808n],
    yea: ['integer', 2026],
    dat: ['time', '2026-01-31'],
    tim: ['text', '-12:34:56.789'],
    dattim: ['time', '2026-01-31T12:00:00.123456'],
    stamp: ['time', '2026-01-31T12:00:00.500Z'],
    txt: ['text', "é 'x'"],
    blo: ['bytes', Buffer.from([0, 255])],
    js: ['json', '{"a": 12345678901234567890}'],
    enu: ['text', 'b'],
    nothing: ['integer', null],
  };

  it.each([
    ['without parameters', 'SELECT * FROM types', []],
    ['prepared, with parameters', 'SELECT * FROM types WHERE big < ? AND txt <> ?', [0n, "' OR 1=1 -- "]],
  ])('every type is exact, %s', async (_name, sql, parameters) => {
    const connection = await connect({ datasource: `${datasource}?time_zone='%2B00:00'&parseTime=true&loc=UTC` });
    const { columns, rows } = await ask(connection, sql, { parameters });
    const found = columns.map(({ name, kind }, index) => [name, [kind, rows[0]![index]]]);
    expect(Object.fromEntries(found)).toEqual(wanted);
  });

  it('a TIMESTAMP says its zone only where that is known', async () => {
    const sql = "SELECT stamp, TIMESTAMP('0000-00-00') AS zero FROM types";
    const zoned = await connect({ datasource: `${datasource}?time_zone=%2B02:00` });
    expect((await ask(zoned, sql)).rows).toEqual([[expect.stringMatching(/\+02:00$/), null]]);
  });

  it('half a gigabyte comes in pieces, and is never held as a whole', async () => {
    const connection = await connect({ datasource });
    const before = process.memoryUsage().rss;
    let rows = 0;
    let pieces = 0;
    for await (const piece of connection.query("SELECT seq, REPEAT('x', 1000) FROM seq_1_to_500000", {
      signal: AbortSignal.timeout(90_000),
    })) {
      expect(piece.rows.length).toBeLessThanOrEqual(1000);
      expect(piece.rows[0]![0]).toBe(rows + 1);
      rows += piece.rows.length;
      pieces++;
    }
    expect([rows, pieces]).toEqual([500_000, 500]);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 2 ** 20);
  }, 100_000);

  it('a slow reader holds the server back', async () => {
    const connection = await connect({ datasource });
    const before = process.memoryUsage().rss;
    for await (const { rows } of connection.query("SELECT REPEAT('x', 1000) FROM seq_1_to_1000000", {
      signal: soon(),
    })) {
      expect(rows).toHaveLength(1000);
      await new Promise((resolve) => setTimeout(resolve, 300)); // 1 GB would be here by then
      break;
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
    expect(connection.isBroken).toBe(true);
    await expect.poll(() => running(server, 'REPEAT')).toEqual([]);
  });

  it('a statement that waits for a lock is broken off on the server', async () => {
    const holder = await connect({ datasource }, false);
    await ask(holder, 'START TRANSACTION');
    await ask(holder, 'UPDATE t SET v = 2 WHERE id = 1');
    const connection = await connect({ datasource }, false);
    const waiting = ask(connection, 'SELECT * FROM t WHERE id = 1 FOR UPDATE', { signal: AbortSignal.timeout(300) });
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    await expect.poll(() => running(server, 'FOR UPDATE')).toEqual([]);
    expect(connection.isBroken).toBe(true);
  });

  it('the server knows the time limit too', async () => {
    const connection = await connect({ datasource });
    await expect(ask(connection, 'SELECT SLEEP(60) FROM t', { timeoutMs: 1 })).rejects.toMatchObject({
      kind: 'cancelled',
      code: '1969',
    });
    expect(connection.isBroken).toBe(false);
    expect((await ask(connection, 'SELECT 1 AS one')).rows).toEqual([[1]]);
  });

  it.each(['INSERT INTO t VALUES (2, 2)', 'CREATE TABLE u (id INT)', 'DROP TABLE t', 'UPDATE t SET v = 3'])(
    'nothing is written: %s',
    async (sql) => {
      const connection = await connect({ datasource });
      await expect(ask(connection, sql)).rejects.toMatchObject({
        kind: 'statement',
        code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
      });
      expect((await ask(connection, 'SELECT COUNT(*) FROM t')).rows).toEqual([[1]]);
    },
  );

  it('one statement is one: what follows a semicolon is an error', async () => {
    const connection = await connect({ datasource: `${datasource}?multiStatements=true` }, false);
    await expect(ask(connection, 'SELECT 1; DELETE FROM t')).rejects.toMatchObject({
      kind: 'statement',
      code: 'ER_PARSE_ERROR',
    });
    expect((await ask(connection, 'SELECT COUNT(*) FROM t')).rows).toEqual([[1]]);
  });

  it('a wrong statement is told by check, which runs nothing', async () => {
    const connection = await connect({ datasource });
    await connection.check('SELECT SLEEP(60)', soon());
    await connection.check('SHOW ENGINE INNODB STATUS', soon());
    await connection.check('SELECT v FROM t WHERE id > ?', soon());
    await expect(connection.check('SELECT wrong FROM t', soon())).rejects.toMatchObject({
      kind: 'statement',
      code: 'ER_BAD_FIELD_ERROR',
      message: expect.stringContaining("Unknown column 'wrong'"),
    });
    expect(connection.isBroken).toBe(false);
    expect((await ask(connection, 'SELECT 1')).rows).toEqual([[1]]);
  });

  it('a statement without rows has a piece without columns, and no rows has its columns', async () => {
    const connection = await connect({ datasource });
    expect(await ask(connection, 'SET @a = 1')).toEqual({ columns: [], rows: [] });
    expect(await ask(connection, 'SELECT v FROM t WHERE id = 9')).toEqual({
      columns: [{ name: 'v', kind: 'integer', type: 'long' }],
      rows: [],
    });
  });

  it('a session that is killed is broken', async () => {
    const connection = await connect({ datasource });
    const [[id]] = (await ask(connection, 'SELECT CONNECTION_ID()')).rows as [[number]];
    const sleeping = ask(connection, 'SELECT SLEEP(60)');
    sleeping.catch(() => {}); // heard below
    await expect.poll(() => running(server, 'SLEEP')).toHaveLength(1);
    await server.run(`KILL ${id}`);
    await expect(sleeping).rejects.toMatchObject({ kind: 'connection' });
    expect(connection.isBroken).toBe(true);

    const idle = await connect({ datasource });
    const [[idleId]] = (await ask(idle, 'SELECT CONNECTION_ID()')).rows as [[number]];
    await server.run(`KILL ${idleId}`);
    await expect.poll(() => idle.isBroken).toBe(true);
  });

  it('is reached by its parts, by a socket, and with TLS', async () => {
    const login = { username: 'reader', password: 'se:cr@t/', database: 'shop' };
    const cipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
    const parts = { host: '127.0.0.1', port: server.port, ...login };
    expect((await ask(await connect(parts), cipher)).rows).toEqual([['Ssl_cipher', '']]);
    expect(
      (await ask(await connect({ datasource: `reader:se:cr@t/@unix(${server.socket})/shop` }), 'SELECT 1')).rows,
    ).toEqual([[1]]);
    const verified = { ...parts, host: 'localhost', params: { tls: 'true', ca_file: server.certFile } };
    expect((await ask(await connect(verified), cipher)).rows).toEqual([['Ssl_cipher', expect.stringMatching(/./)]]);
    await ask(await connect({ ...parts, params: { tls: 'skip-verify' } }), 'SELECT 1');
    await ask(await connect({ ...parts, params: { tls: 'preferred' } }), 'SELECT 1');
    await expect(connect({ ...parts, params: { tls: true } })).rejects.toMatchObject({ kind: 'connection' });
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, 'ER_ACCESS_DENIED_ERROR'],
    ['no such database', { database: 'none' }, 'ER_BAD_DB_ERROR'],
  ])('%s is no connection', async (_name, parts, code) => {
    const target = { host: '127.0.0.1', port: server.port, username: 'reader', password: 'se:cr@t/', ...parts };
    await expect(connect(target)).rejects.toMatchObject({ kind: 'connection', code });
  });
});

const running = async (server: MariaDb, what: string): Promise<unknown[]> =>
  server.run(`SELECT info FROM information_schema.processlist WHERE info LIKE '%${what}%' AND id <> CONNECTION_ID()`);

describe('without a server', () => {
  const listening = async (answer: Buffer | undefined) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (answer) socket.end(answer);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, server };
  };

  it.each([
    ['one that hangs up', Buffer.alloc(0)],
    ['one of another kind', Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
  ])('%s is no connection', async (_name, answer) => {
    const { port, server } = await listening(answer);
    await expect(connect({ host: '127.0.0.1', port })).rejects.toMatchObject({ kind: 'connection' });
    server.close();
    await expect(connect({ host: '127.0.0.1', port })).rejects.toMatchObject({
      kind: 'connection',
      code: 'ECONNREFUSED',
    });
  });

  it('one that says nothing is left in time', async () => {
    const { port, server } = await listening(undefined);
    const connecting = driver.connect({ host: '127.0.0.1', port, readOnly: true }, AbortSignal.timeout(100));
    await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
    server.close();
    await once(server, 'close');
  });
});

describe('a datasource', () => {
  it.each([
    ['u:p@tcp(db:3307)/shop?parseTime=true', { address: 'db', port: 3307, namespace: 'shop' }],
    ['u:p@w/@s@tcp([::1]:3307)/', { address: '::1', port: 3307 }],
    ['u@tcp(db)/a%2Fb', { address: 'db', port: 3306, namespace: 'a/b' }],
    ['/shop', { address: 'localhost', port: 3306, namespace: 'shop' }],
    ['u@unix(/run/mysqld.sock)/shop', { address: '/run/mysqld.sock', namespace: 'shop' }],
  ])('%s', (datasource, place) => {
    const described = driver.describe({ datasource, readOnly: true });
    expect(JSON.parse(JSON.stringify(described))).toEqual({ system: 'mysql', ...place });
  });

  it.each([
    ['mysql://u:secret@db:3306', 'must be of the form'],
    ['u:secret@udp(db:1)/shop', 'cannot use udp: use tcp or unix'],
    ['u:secret@tcp(:3306)/shop', 'has no host'],
    ['u:secret@tcp(db)/shop?tls=custom', 'tls cannot be custom'],
    ["u:secret@tcp(db)/shop?sql_mode='';DROP TABLE t", 'The parameter sql_mode is none'],
    ['u:secret@tcp(db)/shop?a b=1', 'The parameter a b is none'],
  ])('%s is refused, without its password', (datasource, message) => {
    expect(() => driver.describe({ datasource, readOnly: true })).toThrow(message);
    expect(() => driver.describe({ datasource, readOnly: true })).not.toThrow('secret');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Row, Value } from '@millrace/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import sqlite from './index.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'millrace-sqlite-'));
const file = join(folder, 'test.db');
const open: Connection[] = [];

beforeAll(() => {
  const database = new DatabaseSync(file);
  database.exec(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (9007199254740993, 'c')`,
  );
  database.close();
});
afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  rmSync(folder, { recursive: true });
});

async function connect(readOnly = true): Promise<Connection> {
  const connection = await sqlite.connect({ datasource: file, readOnly }, never);
  open.push(connection);
  return connection;
}

async function all(connection: Connection, sql: string, parameters: readonly Value[] = []): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const piece of connection.query(sql, { parameters, signal: never })) rows.push(...piece.rows);
  return rows;
}

it('reads values with their types', async () => {
  const rows = await all(await connect(), `SELECT 1, 1.5, 'x', NULL, x'00ff', 9007199254740993, -9223372036854775808`);
  expect(rows).toEqual([[1, 1.5, 'x', null, new Uint8Array([0, 255]), 9007199254740993n, -9223372036854775808n]]);
});

it('passes parameters as values, with their types', async () => {
  const connection = await connect();
  expect(await all(connection, 'SELECT id FROM t WHERE id > ?', ['1'])).toEqual([[2], [9007199254740993n]]);
  expect(await all(connection, 'SELECT id FROM t WHERE id >= ?', [9007199254740993n])).toEqual([[9007199254740993n]]);
  expect(await all(connection, 'SELECT typeof(?), typeof(?), ?', [1, true, `'; DROP TABLE t; --`])).toEqual([
    ['integer', 'integer', `'; DROP TABLE t; --`],
  ]);
});

it.each(['?', '?1', '$1', ':1', '@1'])('takes %s as a placeholder', async (placeholder) => {
  expect(await all(await connect(), `SELECT name FROM t WHERE id = ${placeholder}`, [2])).toEqual([['b']]);
});

it('gives columns, and rows in pieces; who stops reading can go on', async () => {
  const connection = await connect();
  const many = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 2500) SELECT x, x AS x FROM c';
  const sizes: number[] = [];
  for await (const { columns, rows } of connection.query(many, { signal: never })) {
    expect(columns.map(({ name }) => name)).toEqual(['x', 'x']);
    sizes.push(rows.length);
  }
  expect(sizes).toEqual([1000, 1000, 500]);
  for await (const _ of connection.query(many, { signal: never })) break;
  expect(await all(connection, 'SELECT count(*) FROM t')).toEqual([[3]]);
  for await (const { columns, rows } of connection.query('SELECT id FROM t WHERE 0', { signal: never }))
    expect([columns.length, rows.length]).toEqual([1, 0]);
});

it('ends a statement that never gives a row', async () => {
  const connection = await connect();
  const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
  const began = Date.now();
  const running = async () => {
    for await (const _ of connection.query(endless, { signal: AbortSignal.timeout(200) }));
  };
  await expect(running()).rejects.toMatchObject({ kind: 'cancelled' });
  expect(Date.now() - began).toBeLessThan(2_000);
  expect(connection.isBroken).toBe(true);
});

it('writes nothing unless it may', async () => {
  await expect(all(await connect(), `INSERT INTO t VALUES (3, 'd')`)).rejects.toThrow('readonly database');
  const writing = await connect(false);
  await all(writing, `INSERT INTO t VALUES (3, 'd')`);
  await all(writing, `DELETE FROM t WHERE id = 3`);
});

it('checks a statement without running it', async () => {
  const connection = await connect(false);
  await connection.check('DELETE FROM t', never);
  await expect(connection.check('SELECT nope FROM t', never)).rejects.toMatchObject({
    kind: 'statement',
    message: 'no such column: nope',
  });
  expect(await all(connection, 'SELECT count(*) FROM t')).toEqual([[3]]);
});

it.each([
  [join(folder, 'none.db'), 'unable to open'],
  [join(folder, 'other.txt'), 'not a database'],
])('says that %s is no database', async (datasource, message) => {
  writeFileSync(
    join(folder, 'other.txt'),
    'This is a text that is longer than the header of a database, and no database at all, no.',
  );
  await expect(sqlite.connect({ datasource, readOnly: true }, never)).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringContaining(message),
  });
});

it('leaves no process behind when the program is killed in the middle of a query', async () => {
  const endless = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
  const program = `
    import sqlite from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const signal = new AbortController().signal;
    const connection = await sqlite.connect({ datasource: ${JSON.stringify(file)}, readOnly: true }, signal);
    console.log('connected');
    for await (const _ of connection.query(${JSON.stringify(endless)}, { signal }));`;
  const killed = spawn(process.execPath, ['-C', 'source', '--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  await once(killed.stdout, 'data');
  const children = readFileSync(`/proc/${killed.pid}/task/${killed.pid}/children`, 'utf8').trim().split(' ');
  expect(children).toHaveLength(1);
  killed.kill('SIGKILL');
  const lives = (): boolean => existsSync(`/proc/${children[0]}/stat`);
  expect(lives()).toBe(true);
  for (let waited = 0; lives() && waited < 5_000; waited += 50) await sleep(50);
  expect(lives()).toBe(false);
});

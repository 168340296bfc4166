import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { SqlError } from '@millrace/sql';
import { describe, expect, it } from 'vitest';
import { toSqlError } from './error.ts';
import driver from './index.ts';
import { readTarget } from './target.ts';
import { columnOf, fetchTypeOf, valueOf } from './values.ts';

it.each([
  ['NUMBER', { precision: 10, scale: 0 }, '12', 'integer', 12],
  ['NUMBER', { precision: 38, scale: 0 }, '12345678901234567890', 'integer', 12_345_678_901_234_567_890n],
  ['NUMBER', { precision: 0, scale: -127 }, '.5', 'decimal', '0.5'],
  [
    'NUMBER',
    { precision: 38, scale: 10 },
    '-1234567890123456789012345678.0123456789',
    'decimal',
    '-1234567890123456789012345678.0123456789',
  ],
  ['NUMBER', {}, '-.25', 'decimal', '-0.25'],
  ['BINARY_DOUBLE', {}, 0.1, 'double', 0.1],
  ['VARCHAR2', {}, 'é', 'text', 'é'],
  ['CLOB', {}, 'long', 'text', 'long'],
  ['RAW', {}, Buffer.from([0, 255]), 'bytes', Buffer.from([0, 255])],
  ['DATE', {}, new Date(2026, 0, 31, 12, 30, 5), 'time', '2026-01-31T12:30:05'],
  ['TIMESTAMP', {}, new Date(2026, 6, 31, 12, 0, 0, 123), 'time', '2026-07-31T12:00:00.123'],
  ['TIMESTAMP WITH TIME ZONE', {}, new Date('2026-01-31T12:00:00.5Z'), 'time', '2026-01-31T12:00:00.500Z'],
  ['BOOLEAN', {}, true, 'boolean', true],
  ['JSON', {}, { a: [1] }, 'json', '{"a":[1]}'],
  ['NUMBER', {}, null, 'decimal', null],
])('%s %j', (dbTypeName, more, value, kind, want) => {
  const column = columnOf({ name: 'C', dbTypeName, ...more });
  expect([column.kind, valueOf(column, value)]).toEqual([kind, want]);
});

it('asks for what would lose digits, or need another round trip, as text', () => {
  const types = ['NUMBER', 'CLOB', 'BLOB', 'DATE'].map((dbTypeName) => fetchTypeOf({ name: 'C', dbTypeName }));
  expect(types.map((one) => one !== undefined)).toEqual([true, true, true, false]);
});

describe('a datasource', () => {
  it.each([
    ['oracle://reader:p%40ss@db:1522/shop', 'db', 1522, 'shop', 'db:1522/shop'],
    ['oracle://reader@[::1]/shop?SSL=true', '::1', 1521, 'shop', 'tcps://[::1]:1521/shop'],
    ['reader/p@ss@db:1522/shop', 'db', 1522, 'shop', 'db:1522/shop'],
    ['reader/x@tcps://db/shop.example', 'db', 1521, 'shop.example', 'tcps://db:1521/shop.example'],
    [
      'reader/x@(DESCRIPTION=(ADDRESS=(HOST=db)))',
      undefined,
      undefined,
      undefined,
      '(DESCRIPTION=(ADDRESS=(HOST=db)))',
    ],
  ])('%s', (datasource, address, port, namespace, connectString) => {
    expect(driver.describe({ datasource, readOnly: true })).toEqual({ system: 'oracle.db', address, port, namespace });
    expect(readTarget({ datasource, readOnly: true }).connectString).toBe(connectString);
  });

  it('says who logs in', () => {
    expect(readTarget({ datasource: 'reader/p@ss@db/shop', readOnly: true })).toMatchObject({
      user: 'reader',
      password: 'p@ss',
    });
    expect(readTarget({ datasource: 'oracle://reader:p%40ss@db/shop', readOnly: true })).toMatchObject({
      user: 'reader',
      password: 'p@ss',
    });
  });

  it.each(['reader/secret', 'oracle://', 'reader/secret@db'])('%s is refused, without its password', (datasource) => {
    expect(() => driver.describe({ datasource, readOnly: true })).toThrow('must be of the form');
    expect(() => driver.describe({ datasource, readOnly: true })).not.toThrow('secret');
  });
});

it.each([
  [
    'ORA-00942: table or view does not exist\nHelp: https://docs.oracle.com/error-help/db/ora-00942/',
    { offset: 14 },
    { kind: 'statement', code: 'ORA-00942', position: 15, message: 'ORA-00942: table or view does not exist' },
  ],
  ['ORA-01013: user requested cancel of current operation', {}, { kind: 'cancelled' }],
  ['ORA-01017: invalid credential', {}, { kind: 'connection', code: 'ORA-01017' }],
  ['ORA-12514: no such service', {}, { kind: 'connection' }],
  ['NJS-500: connection to the Oracle Database was closed', {}, { kind: 'connection', code: 'NJS-500' }],
  ['NJS-123: call timeout of 100 ms exceeded', {}, { kind: 'cancelled' }],
])('%s', (message, more, want) => {
  expect(toSqlError(Object.assign(new Error(message), more))).toMatchObject(want);
});

describe('a server', () => {
  const connect = (port: number, ms = 5000) =>
    driver.connect(
      { host: '127.0.0.1', port, database: 'FREE', username: 'u', password: 'p', readOnly: true },
      AbortSignal.timeout(ms),
    );

  it.each([
    ['hangs up', Buffer.alloc(0), 5000, 'connection', /NJS-|ORA-/],
    ['is of another kind', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 5000, 'connection', /NJS-|ORA-/],
    ['says nothing', undefined, 300, 'cancelled', 'It was broken off.'],
  ])('that %s is no connection', async (_name, answer, ms, kind, message) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer && socket.end(answer));
      if (!answer) setTimeout(() => socket.destroy(), 2 * ms);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const failure = await connect(port, ms).catch((error: SqlError) => error);
    expect(failure).toMatchObject({ kind, message: expect.stringMatching(message) });
    server.close();
    await once(server, 'close');
    await expect(connect(port)).rejects.toMatchObject({
      kind: 'connection',
      code: 'NJS-503',
    });
  });
});

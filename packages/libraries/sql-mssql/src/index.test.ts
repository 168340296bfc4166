import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { SqlError } from '@millrace/sql';
import { describe, expect, it } from 'vitest';
import { toSqlError } from './error.ts';
import driver from './index.ts';
import { readTarget } from './target.ts';
import { columnOf, valueOf } from './values.ts';

const at = (text: string, nanosecondsDelta = 0): Date => Object.assign(new Date(text), { nanosecondsDelta });

it.each([
  ['IntN', {}, 5, 'integer', 5],
  ['BigInt', {}, '9223372036854775807', 'integer', 9_223_372_036_854_775_807n],
  ['IntN', {}, '12', 'integer', 12],
  ['DecimalN', { precision: 10, scale: 2 }, 12.5, 'decimal', '12.50'],
  ['NumericN', { precision: 38, scale: 2 }, 1e30, 'double', 1e30],
  ['MoneyN', {}, 1.25, 'double', 1.25],
  ['FloatN', {}, 0.1, 'double', 0.1],
  ['BitN', {}, true, 'boolean', true],
  ['NVarChar', {}, 'é', 'text', 'é'],
  ['UniqueIdentifier', {}, 'A-B', 'text', 'A-B'],
  ['VarBinary', {}, Buffer.from([0, 255]), 'bytes', Buffer.from([0, 255])],
  ['Date', {}, at('2026-01-31T00:00:00Z'), 'time', '2026-01-31'],
  ['DateTimeN', {}, at('2026-01-31T12:00:00.123Z'), 'time', '2026-01-31T12:00:00.123'],
  ['SmallDateTime', {}, at('2026-01-31T12:00:00Z'), 'time', '2026-01-31T12:00:00'],
  ['DateTime2', { scale: 7 }, at('2026-01-31T12:00:00.123Z', 0.0004567), 'time', '2026-01-31T12:00:00.1234567'],
  ['DateTime2', { scale: 0 }, at('2026-01-31T12:00:00Z'), 'time', '2026-01-31T12:00:00'],
  ['DateTimeOffset', { scale: 3 }, at('2026-01-31T12:00:00.5Z'), 'time', '2026-01-31T12:00:00.500Z'],
  ['Time', { scale: 2 }, at('1970-01-01T23:59:59.99Z'), 'text', '23:59:59.99'],
  ['IntN', {}, null, 'integer', null],
])('%s %j', (name, more, value, kind, want) => {
  const metadata = { colName: 'c', type: { name }, ...more };
  const column = columnOf(metadata);
  expect([column.kind, valueOf(column, metadata, value)]).toEqual([kind, want]);
});

describe('a datasource', () => {
  it.each([
    ['sqlserver://sa:p%40ss@db:1434?database=shop&encrypt=disable', { address: 'db', port: 1434, namespace: 'shop' }],
    ['sqlserver://sa@db/sqlexpress', { address: 'db' }],
    ['sqlserver://sa:p@db:80', { address: 'db', port: 80 }],
    ['server=db,1434;user id=sa;password={a;b=c};database=shop', { address: 'db', port: 1434, namespace: 'shop' }],
    ['Server=tcp:db\\inst;User Id=sa;Initial Catalog=shop', { address: 'db', namespace: 'shop' }],
    ['odbc:server=.;uid=sa;pwd=x', { address: 'localhost', port: 1433 }],
  ])('%s', (datasource, place) => {
    const described = driver.describe({ datasource, readOnly: true });
    expect(JSON.parse(JSON.stringify(described))).toEqual({ system: 'microsoft.sql_server', ...place });
  });

  it('says who logs in, how, and that nothing is written', () => {
    const datasource = 'server=db;user id=sa;password={a;b=c};encrypt=false;TrustServerCertificate=true';
    expect(readTarget({ datasource, readOnly: true }).configuration).toMatchObject({
      server: 'db',
      authentication: { options: { userName: 'sa', password: 'a;b=c' } },
      options: { port: 1433, encrypt: false, trustServerCertificate: true, readOnlyIntent: true },
    });
  });

  it.each([
    ['secret', 'must be pairs of key=value'],
    ['server=a,b;password=secret', 'must be of the form host'],
    ['server=db;password=secret;encrypt=perhaps', 'encrypt cannot be perhaps'],
    ['sqlserver://u:secret@', 'is no URL'],
  ])('%s is refused, without its password', (datasource, message) => {
    expect(() => driver.describe({ datasource, readOnly: true })).toThrow(message);
    expect(() => driver.describe({ datasource, readOnly: true })).not.toThrow('secret');
  });
});

it.each([
  [
    { code: 'EREQUEST', number: 208, message: 'Invalid object name', lineNumber: 2 },
    'statement',
    'Invalid object name, line 2',
    '208',
  ],
  [{ code: 'ELOGIN', message: 'Login failed' }, 'connection', 'Login failed', 'ELOGIN'],
  [{ code: 'ECANCEL', message: 'Canceled.' }, 'cancelled', 'Canceled.', 'ECANCEL'],
])('%j', (fields, kind, message, code) => {
  expect(toSqlError(Object.assign(new Error(fields.message), fields))).toMatchObject({ kind, message, code });
});

describe('a server', () => {
  const connect = (port: number, ms = 5000) =>
    driver.connect({ host: '127.0.0.1', port, username: 'sa', password: 'x', readOnly: true }, AbortSignal.timeout(ms));

  it.each([
    ['hangs up', Buffer.alloc(0), 5000, 'connection', /hang up|closed|ended/],
    ['is of another kind', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 5000, 'connection', /./],
    ['says nothing', undefined, 300, 'cancelled', 'It was broken off.'],
  ])('that %s is no connection', async (_name, answer, ms, kind, message) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer && socket.end(answer));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const failure = await connect(port, ms).catch((error: SqlError) => error);
    expect(failure).toMatchObject({ kind, message: expect.stringMatching(message) });
    server.close();
    await once(server, 'close');
    await expect(connect(port)).rejects.toMatchObject({ kind: 'connection', code: 'ESOCKET' });
  });
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { QueryOptions, Rows } from '@millrace/sql';
import { afterEach, describe, expect, it } from 'vitest';
import driver from './index.ts';
import { bareType } from './values.ts';

const soon = (): AbortSignal => AbortSignal.timeout(5000);
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Asked {
  readonly query: string;
  readonly settings: Readonly<Record<string, string>>;
}

const refuse = (answer: ServerResponse, code: number, message: string): void => {
  answer.writeHead(code === 516 ? 403 : 400, { 'X-ClickHouse-Exception-Code': String(code) });
  answer.end(`Code: ${code}. DB::Exception: ${message} (version 25.8.1.1)`);
};

/** ClickHouse's HTTP interface as documented, for a few statements: https://clickhouse.com/docs/interfaces/http */
async function startServer(statements: Readonly<Record<string, (answer: ServerResponse) => void>>) {
  const asked: Asked[] = [];
  const answerTo = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://host');
    const settings = Object.fromEntries(url.searchParams);
    const query = await text(request);
    asked.push({ query, settings });
    if (request.headers.authorization !== `Basic ${Buffer.from('reader:pa:ss').toString('base64')}`)
      return refuse(answer, 516, 'reader: Authentication failed. (AUTHENTICATION_FAILED)');
    if (query.startsWith('KILL QUERY') && settings['readonly'] !== undefined)
      return refuse(answer, 164, 'Cannot execute query in readonly mode. (READONLY)');
    if (query.startsWith('KILL QUERY')) return void answer.end();
    const [, sql = '', format] = /^(.*)\s+FORMAT (\w+)\s*$/s.exec(query) ?? [];
    if (format !== 'JSONCompactEachRowWithNamesAndTypes')
      return refuse(answer, 73, `Unknown format ${format}. (UNKNOWN_FORMAT)`);
    if (sql.trim() === 'SELECT 1') return void answer.end('["1"]\n["UInt8"]\n[1]\n');
    const run = statements[sql.trim()];
    if (run) return run(answer);
    return refuse(answer, 62, 'Syntax error: failed at position 3 (oops). (SYNTAX_ERROR)');
  };
  const server = createServer((request, answer) => void answerTo(request, answer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    port,
    datasource: `clickhouse://reader:pa%3Ass@127.0.0.1:${port}/shop?max_threads=2&dial_timeout=10s`,
  };
}

async function connect(datasource: string) {
  const connection = await driver.connect({ datasource, readOnly: true }, soon());
  closers.push(() => connection.close());
  return connection;
}

async function piecesOf(pieces: AsyncIterable<Rows>): Promise<Rows[]> {
  const all: Rows[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
const ask = async (
  connection: Awaited<ReturnType<typeof connect>>,
  sql: string,
  options: Partial<QueryOptions> = {},
) => {
  const pieces = await piecesOf(connection.query(sql, { signal: soon(), ...options }));
  return { columns: pieces[0]!.columns, rows: pieces.flatMap(({ rows }) => rows) };
};

const types: readonly (readonly [type: string, json: unknown, kind: string, value: unknown])[] = [
  ['UInt8', 255, 'integer', 255],
  ['UInt64', '18446744073709551615', 'integer', 18_446_744_073_709_551_615n],
  ['Int64', '-5', 'integer', -5],
  ['Int128', '-170141183460469231731687303715884105728', 'integer', -(2n ** 127n)],
  ['Float64', 0.1, 'double', 0.1],
  ['Float32', 'nan', 'double', Number.NaN],
  ['Float64', '-inf', 'double', -Infinity],
  [
    'Nullable(Decimal(38, 10))',
    '1234567890123456789012345678.0123456789',
    'decimal',
    '1234567890123456789012345678.0123456789',
  ],
  ['Nullable(Int64)', null, 'integer', null],
  ['Bool', true, 'boolean', true],
  ['Date', '2026-01-31', 'time', '2026-01-31'],
  ["DateTime('Europe/Paris')", '2026-01-31T12:00:00Z', 'time', '2026-01-31T12:00:00Z'],
  ["DateTime64(9, 'UTC')", '2026-01-31T12:00:00.123456789Z', 'time', '2026-01-31T12:00:00.123456789Z'],
  ['LowCardinality(Nullable(String))', 'é', 'text', 'é'],
  ["Enum8('a' = 1)", 'a', 'text', 'a'],
  ['UUID', 'a-b', 'text', 'a-b'],
  ['Map(String, UInt64)', { a: '18446744073709551615' }, 'json', '{"a":"18446744073709551615"}'],
  ['Array(Int8)', [1, 2], 'json', '[1,2]'],
];
const lines = (...rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const names = types.map((_, index) => `c${index}`);

describe('a statement', () => {
  it('gives every type exactly, however the answer is cut', async () => {
    const all = Buffer.from(
      lines(
        names,
        types.map(([type]) => type),
        types.map(([, json]) => json),
      ),
    );
    const server = await startServer({
      'SELECT types'(answer) {
        for (let at = 0; at < all.length; at += 7) answer.write(all.subarray(at, at + 7));
        answer.end();
      },
    });
    const { columns, rows } = await ask(await connect(server.datasource), 'SELECT types;\n');
    expect(columns.map(({ kind }) => kind)).toEqual(types.map(([, , kind]) => kind));
    expect(rows).toEqual([types.map(([, , , value]) => value)]);
  });

  it('is for reading only, and says how its answer is to be written', async () => {
    const server = await startServer({ 'SELECT v': (answer) => void answer.end(lines(['v'], ['UInt8'])) });
    const connection = await connect(server.datasource);
    expect(await ask(connection, 'SELECT v', { timeoutMs: 1500, parameters: ["' OR 1", 5n] })).toEqual({
      columns: [{ name: 'v', type: 'UInt8', kind: 'integer' }],
      rows: [],
    });
    expect(server.asked.at(-1)!.settings).toMatchObject({
      database: 'shop',
      readonly: '1',
      max_threads: '2',
      max_execution_time: '3',
      param_p1: "\\' OR 1", // escaped as in TabSeparated, which ClickHouse undoes
      param_p2: '5',
      output_format_json_quote_64bit_integers: '1',
      output_format_json_quote_decimals: '1',
      date_time_output_format: 'iso',
    });
    expect(server.asked.at(-1)!.settings['dial_timeout']).toBeUndefined();
  });

  it('that is over its time is killed by its id', async () => {
    const server = await startServer({
      'SELECT slow'(answer) {
        answer.write(lines(['v'], ['UInt8'], [1]));
      },
      'SELECT mute'() {},
    });
    const connection = await connect(server.datasource);
    for (const sql of ['SELECT slow', 'SELECT mute']) {
      await expect(ask(connection, sql, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
        kind: 'cancelled',
      });
      const [statement, kill] = server.asked.slice(-2);
      expect(kill!.query).toContain('KILL QUERY WHERE query_id = {id:String}');
      expect(kill!.settings['param_id']).toBe(statement!.settings['query_id']);
    }
    expect(connection.isBroken).toBe(false);
  });

  it('whose rest nobody wants is killed', async () => {
    const server = await startServer({ 'SELECT slow': (answer) => void answer.write(lines(['v'], ['UInt8'], [1])) });
    for await (const { rows } of (await connect(server.datasource)).query('SELECT slow', { signal: soon() })) {
      expect(rows).toEqual([[1]]);
      break;
    }
    expect(server.asked.at(-1)!.query).toContain('KILL QUERY');
  });

  it('that is wrong fails with what ClickHouse says, and where', async () => {
    const server = await startServer({});
    const connection = await connect(server.datasource);
    const wrong = {
      kind: 'statement',
      code: 'SYNTAX_ERROR',
      position: 3,
      message: expect.stringContaining('Syntax error'),
    };
    await expect(ask(connection, 'SELEC 1')).rejects.toMatchObject(wrong);
    await expect(connection.check('SELECT wrong', soon())).rejects.toMatchObject({ kind: 'statement' });
    expect(server.asked.at(-1)!.query).toContain('EXPLAIN SELECT wrong');
    expect(connection.isBroken).toBe(false);
  });

  const late = 'Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 25.8.1.1)';
  it('that fails after its first rows says why', async () => {
    const cut = (answer: ServerResponse): void =>
      void answer.end(`["v"]\n["UInt8"]\n[1]\n\r\n__exception__\r\nabcd\r\n${late}\n`);
    const server = await startServer({ 'SELECT v': cut });
    await expect(ask(await connect(server.datasource), 'SELECT v')).rejects.toMatchObject({
      kind: 'statement',
      code: 'MEMORY_LIMIT_EXCEEDED',
    });
  });

  it.each([
    ['half a row', (answer: ServerResponse) => void answer.end('["v"]\n["UInt8"]\n[1')],
    ['no JSON', (answer: ServerResponse) => void answer.end('<html>\n')],
    [
      'the end of the connection',
      (answer: ServerResponse) => void (answer.write('["v"]\n["UInt8"]\n[1]\n'), answer.destroy()),
    ],
  ])('that is answered by %s is no answer', async (_name, run) => {
    const server = await startServer({ 'SELECT v': run });
    await expect(ask(await connect(server.datasource), 'SELECT v')).rejects.toMatchObject({ kind: 'connection' });
  });
});

describe('a target', () => {
  it('that is not there, or does not let us in, is no connection', async () => {
    const server = await startServer({});
    const wrong = server.datasource.replace('pa%3Ass', 'secret');
    await expect(connect(wrong)).rejects.toMatchObject({ kind: 'connection', code: 'AUTHENTICATION_FAILED' });
    await closers.pop()!();
    await expect(connect(server.datasource)).rejects.toMatchObject({
      kind: 'connection',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it.each([
    ['clickhouse://u:p@db:8124/shop', { system: 'clickhouse', address: 'db', port: 8124, namespace: 'shop' }],
    ['clickhouse://db?secure=true', { system: 'clickhouse', address: 'db', port: 8443, namespace: 'default' }],
    ['https://[::1]/', { system: 'clickhouse', address: '::1', port: 8443, namespace: 'default' }],
    ['http://db?database=x', { system: 'clickhouse', address: 'db', port: 8123, namespace: 'x' }],
  ])('%s', (datasource, place) => {
    expect(driver.describe({ datasource, readOnly: true })).toEqual(place);
  });

  it.each([
    ['mysql://u:secret@db', 'must be of the form'],
    [
      'clickhouse://u:secret@db:9000/shop',
      "9000 is the port of ClickHouse's native protocol: give that of HTTP, 8123.",
    ],
    ['clickhouse://u:secret@db?a b=1', 'no setting'],
  ])('%s is refused, without its password', (datasource, message) => {
    expect(() => driver.describe({ datasource, readOnly: true })).toThrow(message);
    expect(() => driver.describe({ datasource, readOnly: true })).not.toThrow('secret');
  });
});

it.each([
  ['LowCardinality(Nullable(String))', 'String'],
  ['Nullable(Decimal(38, 10))', 'Decimal(38, 10)'],
  ['SimpleAggregateFunction(sum, UInt64)', 'UInt64'],
  ['Array(Nullable(UInt8))', 'Array(Nullable(UInt8))'],
])('%s is %s', (type, bare) => {
  expect(bareType(type)).toBe(bare);
});

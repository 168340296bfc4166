import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rows, Target } from '@millrace/sql';
import { afterEach, describe, expect, it } from 'vitest';
import sqream from './index.ts';
import { isPinged } from './session.ts';
import {
  binaryMessage,
  jsonMessage,
  pickerAnswer,
  startPicker,
  startWorker,
  type Statement,
} from './testdata/server.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const keep = <T extends { close(): Promise<unknown> }>(one: T): T => (closers.push(() => one.close()), one);

const int32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeInt32LE(value, index * 4));
  return bytes;
};
const locks: Statement = {
  columns: [
    { name: 'statement_id', type: ['ftInt', 4, 0], nullable: false, isTrueVarChar: false },
    { name: 'locked object', type: ['ftBlob', 0, 0], nullable: true, isTrueVarChar: true },
  ],
  fetches: [
    { rows: 2, parts: [int32(1, 2), Buffer.from([0, 1]), int32(6, 0), Buffer.from('master')] },
    { rows: 1, parts: [int32(3), Buffer.from([0]), int32(2), Buffer.from('é')] },
  ],
};
const statements: Readonly<Record<string, Statement>> = {
  'select show_locks()': locks,
  'select nothing()': { columns: locks.columns! },
  'select 1': {
    error: 'The query requires a GPU-Worker. Ensure the SQream Service has GPU\\nCallStack (from HasCallStack): …',
  },
  'select hang()': { hang: true },
};
const wanted = [
  [1, 'master'],
  [2, null],
  [3, 'é'],
];

const targetOn = (port: number, more: Partial<Target> = {}): Target => ({
  host: '127.0.0.1',
  port,
  database: 'master',
  username: 'sqream',
  password: 'pa"ss',
  readOnly: true,
  ...more,
});
const soon = (): AbortSignal => AbortSignal.timeout(5000);

async function open(target: Target) {
  return keep(await sqream.connect(target, soon()));
}

async function piecesOf(pieces: AsyncIterable<Rows>): Promise<Rows[]> {
  const all: Rows[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
const rowsOf = async (pieces: AsyncIterable<Rows>) => (await piecesOf(pieces)).flatMap(({ rows }) => rows);

describe('a statement', () => {
  it('gives its rows, in the order of the protocol', async () => {
    const worker = keep(await startWorker({ statements }));
    const connection = await open(targetOn(worker.port));
    const pieces = await piecesOf(connection.query('select show_locks()', { signal: soon() }));
    expect(pieces.flatMap(({ rows }) => rows)).toEqual(wanted);
    expect(pieces[0]!.columns).toBe(pieces[1]!.columns);
    expect(pieces[0]!.columns).toEqual([
      { name: 'statement_id', kind: 'integer', type: 'ftInt' },
      { name: 'locked object', kind: 'text', type: 'ftBlob' },
    ]);
    await connection.close();
    expect(connection.isBroken).toBe(true);
    expect(worker.asked).toEqual([
      [
        'connectDatabase',
        ...['getStatementId', 'prepareStatement', 'execute', 'queryTypeIn', 'queryTypeOut', 'fetch', 'fetch', 'fetch'],
        'closeStatement',
        'closeConnection',
      ],
    ]);
    expect(worker.wrong).toEqual([]);
  });

  it('without rows gives its columns', async () => {
    const worker = keep(await startWorker({ statements }));
    const connection = await open(targetOn(worker.port));
    const pieces = await piecesOf(connection.query('select nothing()', { signal: soon() }));
    expect(pieces.map(({ columns, rows }) => [columns.length, rows])).toEqual([[2, []]]);
  });

  it.each([1, 3, 11])('arrives whatever pieces the network makes of it: %i bytes each', async (cut) => {
    const worker = keep(await startWorker({ statements, cut }));
    const connection = await open(targetOn(worker.port));
    expect(await rowsOf(connection.query('select show_locks()', { signal: soon() }))).toEqual(wanted);
  });

  it('that is refused leaves the connection usable, and the message is short', async () => {
    const worker = keep(await startWorker({ statements }));
    const connection = await open(targetOn(worker.port));
    await expect(rowsOf(connection.query('select 1', { signal: soon() }))).rejects.toMatchObject({
      kind: 'statement',
      message: 'The query requires a GPU-Worker. Ensure the SQream Service has GPU',
    });
    await expect(connection.check('select wrong', soon())).rejects.toMatchObject({
      kind: 'statement',
      message: 'no such statement',
    });
    await connection.check('select show_locks()', soon());
    expect(connection.isBroken).toBe(false);
    expect(await rowsOf(connection.query('select show_locks()', { signal: soon() }))).toEqual(wanted);
    expect(worker.wrong).toEqual([]);
  });

  it('ends when nobody wants more of it', async () => {
    const worker = keep(await startWorker({ statements }));
    const connection = await open(targetOn(worker.port));
    for await (const piece of connection.query('select show_locks()', { signal: soon() })) {
      expect(piece.rows).toHaveLength(2);
      break;
    }
    expect(worker.asked[0]!.slice(-2)).toEqual(['fetch', 'closeStatement']);
    expect(await rowsOf(connection.query('select show_locks()', { signal: soon() }))).toEqual(wanted);
  });

  it('that hangs is ended with its connection', async () => {
    const worker = keep(await startWorker({ statements }));
    const connection = await open(targetOn(worker.port));
    const signal = AbortSignal.timeout(50);
    await expect(rowsOf(connection.query('select hang()', { signal }))).rejects.toMatchObject({ kind: 'cancelled' });
    expect(connection.isBroken).toBe(true);
    await expect.poll(worker.open).toBe(0);
  });

  it.each(['delete from t', 'insert into t values (1)', '/* select */ drop table t', ''])(
    'that writes is refused: %j',
    async (sql) => {
      const worker = keep(await startWorker({ statements }));
      const connection = await open(targetOn(worker.port));
      await expect(rowsOf(connection.query(sql, { signal: soon() }))).rejects.toMatchObject({ kind: 'statement' });
      expect(worker.asked).toEqual([['connectDatabase']]);
    },
  );

  it('takes no placeholders', async () => {
    const worker = keep(await startWorker({ statements }));
    const connection = await open(targetOn(worker.port));
    const pieces = connection.query('select ?', { signal: soon(), parameters: [1] });
    await expect(rowsOf(pieces)).rejects.toThrow('SQreamDB takes no placeholders');
  });
});

describe('a cluster', () => {
  it('is asked for a worker, which may send a statement to another', async () => {
    const prepared = new Map<number, string>();
    const second = keep(await startWorker({ statements, prepared }));
    const redirect = { ip: '127.0.0.1', port: second.port };
    const first = keep(
      await startWorker({ statements: { 'select show_locks()': { redirect } }, prepared, encoding: 'cp874' }),
    );
    const picker = keep(await startPicker(pickerAnswer('127.0.0.1', first.port)));
    const connection = await open(targetOn(picker.port, { params: { clustered: true } }));
    expect(await rowsOf(connection.query('select show_locks()', { signal: soon() }))).toEqual(wanted);
    expect(await rowsOf(connection.query('select show_locks()', { signal: soon() }))).toEqual(wanted);
    expect(first.asked).toEqual([['connectDatabase', 'getStatementId', 'prepareStatement']]);
    expect(second.asked[0]!.slice(0, 3)).toEqual(['reconnectDatabase', 'reconstructStatement', 'execute']);
    const checked = await open(targetOn(picker.port, { params: { clustered: true } }));
    await checked.check('select show_locks()', soon());
    expect(second.asked[1]).toEqual(['reconnectDatabase', 'reconstructStatement', 'closeStatement']);
    expect([...first.wrong, ...second.wrong]).toEqual([]);
  });

  it('whose other worker is not there fails the statement, and the connection', async () => {
    const gone = await startWorker({ statements });
    await gone.close();
    const redirect = { ip: '127.0.0.1', port: gone.port };
    const first = keep(await startWorker({ statements: { 'select show_locks()': { redirect } } }));
    const connection = await open(targetOn(first.port));
    await expect(rowsOf(connection.query('select show_locks()', { signal: soon() }))).rejects.toMatchObject({
      kind: 'connection',
      message: `Could not connect to SQreamDB at 127.0.0.1:${gone.port}`,
    });
    expect(connection.isBroken).toBe(true);
  });

  it.each([
    ['a worker', jsonMessage({ error: 'x' }), 'is none: it sent an address of'],
    ['nonsense', pickerAnswer('no address!', 5000), 'named no address: "no address!", port 5000.'],
    ['a port of 0', pickerAnswer('127.0.0.1', 0), 'named no address: "127.0.0.1", port 0.'],
    ['half an answer', pickerAnswer('127.0.0.1', 5000).subarray(0, 7), 'closed the connection.'],
  ])('does not take %s for a server picker', async (_name, answer, message) => {
    const picker = keep(await startPicker(answer));
    const connecting = sqream.connect(targetOn(picker.port, { params: { clustered: true } }), soon());
    await expect(connecting).rejects.toMatchObject({ kind: 'connection', message: expect.stringContaining(message) });
  });
});

describe('a connection', () => {
  it('says what the server says of a login, and never the password', async () => {
    const worker = keep(await startWorker({ statements }));
    const connecting = sqream.connect(targetOn(worker.port, { password: 'hunter2' }), soon());
    await expect(connecting).rejects.toMatchObject({
      kind: 'connection',
      message: 'Login failure: authentication failed',
    });
    await expect.poll(worker.open).toBe(0);
  });

  it('to nothing says where', async () => {
    const worker = await startWorker({ statements });
    await worker.close();
    await expect(sqream.connect(targetOn(worker.port), soon())).rejects.toMatchObject({
      kind: 'connection',
      message: `Could not connect to SQreamDB at 127.0.0.1:${worker.port}`,
    });
  });

  it.each([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'its version is 72, and 6, 7, 8 are known'],
    ['rows in place of an answer', binaryMessage(Buffer.alloc(3)), 'a message of kind 2 came where 1 (json) is due'],
    [
      'no JSON',
      Buffer.concat([jsonMessage('x').subarray(0, 10), Buffer.from('{no')]),
      'sent a message that is not a JSON object: {no',
    ],
    ['an answer to something else', jsonMessage({ pong: 1 }), 'answered username without databaseConnected.'],
    [
      'an unknown encoding',
      jsonMessage({ databaseConnected: 1, varcharEncoding: 'klingon' }),
      'varcharEncoding is "klingon"',
    ],
    ['half a header', jsonMessage({}).subarray(0, 6), 'closed the connection.'],
    ['half a message', jsonMessage({ databaseConnected: 1 }).subarray(0, 20), 'closed the connection.'],
    ['a message without end', Buffer.from([6, 1, 0, 0, 0, 0, 0, 0, 0, 1]), 'a message of 72057594037927936 bytes'],
  ])('that answers %s is closed', async (_name, login, message) => {
    const worker = keep(await startWorker({ statements, login }));
    await expect(sqream.connect(targetOn(worker.port), soon())).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining(message),
    });
    await expect.poll(worker.open).toBe(0);
  });

  it.each([
    ['ends', Buffer.alloc(0)],
    ['sends garbage', Buffer.from('garbage of more than ten bytes')],
  ])('that %s in a statement is broken', async (_name, instead) => {
    const worker = keep(await startWorker({ statements: { 'select 2': { instead } } }));
    const connection = await open(targetOn(worker.port));
    await expect(rowsOf(connection.query('select 2', { signal: soon() }))).rejects.toMatchObject({
      kind: 'connection',
    });
    expect(connection.isBroken).toBe(true);
  });

  it('knows that the server has gone, while it waits', async () => {
    const worker = await startWorker({ statements });
    const connection = await open(targetOn(worker.port));
    expect(connection.isBroken).toBe(false);
    await worker.close();
    await expect.poll(() => connection.isBroken).toBe(true);
  });

  it('gives up when its time is over', async () => {
    const worker = keep(await startWorker({ statements, login: Buffer.alloc(0) }));
    await expect(sqream.connect(targetOn(worker.port), AbortSignal.abort())).rejects.toMatchObject({
      kind: 'cancelled',
    });
    await expect.poll(worker.open).toBe(0);
  });

  it('is encrypted, and verifies who answers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sqream-tls-'));
    closers.push(async () => rmSync(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
    const self = ['-x509', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-out', certFile];
    execFileSync('openssl', ['req', ...ec, ...self], { stdio: 'pipe' });
    const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const worker = keep(await startWorker({ statements, tls }));
    const params = { use_ssl: true, ca_file: certFile, server_name: 'localhost' };
    const connection = await open(targetOn(worker.port, { params }));
    expect(await rowsOf(connection.query('select show_locks()', { signal: soon() }))).toEqual(wanted);
    await expect(sqream.connect(targetOn(worker.port, { params: { use_ssl: true } }), soon())).rejects.toMatchObject({
      kind: 'connection',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    await open(targetOn(worker.port, { params: { use_ssl: true, insecure_skip_verify: true } }));
  });
});

describe('a target', () => {
  it.each([
    [
      'sqream://u:p%40@db:5001/sales?service=monitor',
      { system: 'sqream', address: 'db', port: 5001, namespace: 'sales' },
    ],
    ['sqream://db/', { system: 'sqream', address: 'db', port: 5000, namespace: 'master' }],
    ['sqream://[::1]/m?clustered=true', { system: 'sqream', address: '::1', port: 3108, namespace: 'm' }],
    [
      'jdbc:Sqream://db:5100/m;user=u;password=a=b;ssl=true',
      { system: 'sqream', address: 'db', port: 5100, namespace: 'm' },
    ],
  ])('%s', (datasource, place) => {
    expect(sqream.describe({ datasource, readOnly: true })).toEqual(place);
  });

  it.each([
    [{ datasource: 'postgres://u:secret@db/x' }, 'The datasource of SQreamDB must be of the form sqream://'],
    [{ datasource: 'sqream://u:%zz@db/x' }, 'has a % that is not followed'],
    [{ params: { sslmode: 'off' } }, 'SQreamDB has no parameter "sslmode": there are service, clustered'],
    [{ params: { clustered: 'maybe' } }, 'clustered must be true or false.'],
  ])('%j is refused, without what may be secret', (target, message) => {
    expect(() => sqream.describe({ ...target, readOnly: true })).toThrow(message);
    expect(() => sqream.describe({ ...target, readOnly: true })).not.toThrow('secret');
  });
});

it.each([
  ['2020.3.1', false],
  ['2020.3.2', true],
  ['2021.1', true],
  ['2020.1', false],
  ['v4.3', true],
  [undefined, false],
])('whether %s is to be pinged: %s', (version, want) => {
  expect(isPinged(version)).toBe(want);
});

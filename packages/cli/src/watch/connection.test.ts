import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { jsonOf } from './answers.ts';
import { type ConnectionFlags, createConnection } from './connection.ts';
import { newestReports } from './newest.ts';
import type { ServiceError } from './service-error.ts';
import { startService } from './testdata/service.ts';

const folder = mkdtempSync(join(tmpdir(), 'watch-'));
const at = (name: string): string => join(folder, name);
const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Listens on a port of the loopback until the test ends. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    (server as { closeAllConnections?: () => void }).closeAllConnections?.();
  });
  return (server.address() as AddressInfo).port;
}
const answering = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createHttp(listener))}`;
const started = async (options: Parameters<typeof startService>[0]) => {
  const service = await startService(options);
  closing.push(() => service.close());
  return service;
};

async function problem(flags: ConnectionFlags): Promise<{ message: string; exitCode: number; permanent: boolean }> {
  try {
    await newestReports(createConnection(flags), [], new AbortController().signal);
  } catch (error) {
    const { name, message, exitCode, permanent } = error as ServiceError;
    if (name !== 'ServiceError') throw error;
    return { message, exitCode, permanent };
  }
  throw new Error('It worked.');
}

describe('flags', () => {
  it.each([
    [
      { endpoint: 'ftp://host' },
      '--endpoint must be a URL like http://localhost:4000 or https://host:4000, not ftp://host',
    ],
    [{ endpoint: 'http://host:4000/?a=b' }, '--endpoint must be'],
    [{ endpoint: 'http://host:70000' }, '--endpoint must be'],
    [{ token: 'a', tokenFile: 'b' }, '--token and --token-file say the same: give one of them.'],
    [{ token: 'a\nb' }, 'The token is empty, or has characters that a header cannot carry.'],
    [{ tokenFile: at('none') }, '--token-file cannot be read: ENOENT'],
    [{ endpoint: 'https://host', cert: 'a' }, '--cert and --key go together: give both or none.'],
    [{ ca: 'a' }, '--ca, --cert and --key need TLS: --endpoint https://localhost:4000'],
    [{ endpoint: 'https://host', ca: at('none') }, '--ca cannot be read: ENOENT'],
    [{ endpoint: 'http://a:b@host', token: 'c' }, 'two ways to show who asks'],
  ])('%j are a mistake of the command line', (flags, message) => {
    expect(() => createConnection(flags)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) as string, exitCode: 2 }),
    );
  });

  it('an endpoint needs no scheme, may have a path, and its password is not shown', async () => {
    const { port, requests } = await started({});
    const connection = createConnection({ endpoint: `me:secret@127.0.0.1:${port}` });
    expect(connection.endpoint).toBe(`http://127.0.0.1:${port}`);
    await newestReports(connection, ['a b', 'c&d'], new AbortController().signal);
    expect(requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
    expect(requests[0]!.url).toBe('/v1/reports?cluster=a+b&cluster=c%26d');
    await problem({ endpoint: `127.0.0.1:${port}/behind/` });
    expect(requests[1]!.url).toBe('/behind/v1/reports');
  });

  it.each([
    ['', {}, undefined],
    ['env', {}, 'Bearer env'],
    ['env', { token: 'flag' }, 'Bearer flag'],
    ['env', { tokenFile: at('other-token') }, 'Bearer file'],
  ])('of MILLRACE_TOKEN=%j and %j the flag wins', async (token, flags, sent) => {
    writeFileSync(at('other-token'), 'file');
    vi.stubEnv('MILLRACE_TOKEN', token);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { endpoint, requests } = await started({});
    await newestReports(createConnection({ endpoint, ...flags }), [], new AbortController().signal);
    expect(requests[0]!.headers.authorization).toBe(sent);
  });

  it('a token file is read at each connection', async () => {
    const { endpoint, requests } = await started({});
    writeFileSync(at('token'), 'one\n');
    const connection = createConnection({ endpoint, tokenFile: at('token') });
    const { signal } = new AbortController();
    await newestReports(connection, [], signal);
    writeFileSync(at('token'), 'two\n');
    await newestReports(connection, [], signal);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
  });
});

describe('what listens there', () => {
  it('nothing', async () => {
    const server = createTcp();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    expect(await problem({ endpoint: `127.0.0.1:${port}` })).toEqual({
      message: `Nothing listens at 127.0.0.1:${port}. Is the collector with the report_cache extension running? Another place: --endpoint`,
      exitCode: 3,
      permanent: false,
    });
  });

  it('no such host', async () => {
    const { message } = await problem({ endpoint: 'http://no-such-host.invalid:4000' });
    expect(message).toMatch(/no-such-host\.invalid/);
    expect(message).toMatch(/^There is no host named|^The name .* could not be looked up/);
  });

  it('wants a token, or another', async () => {
    const { endpoint } = await started({ token: 'right' });
    expect(await problem({ endpoint })).toEqual({
      message: `${endpoint} wants a token (401): --token-file <file>, or the environment variable MILLRACE_TOKEN.`,
      exitCode: 3,
      permanent: true,
    });
    expect((await problem({ endpoint, token: 'wrong' })).message).toBe(
      `${endpoint} does not accept the token (401). Look at --token-file or MILLRACE_TOKEN.`,
    );
    await newestReports(createConnection({ endpoint, token: 'right' }), [], new AbortController().signal);
  });

  it.each<[name: string, listener: RequestListener, message: RegExp, permanent: boolean]>([
    [
      'a web page',
      (_, to) => to.setHeader('content-type', 'text/html').end('<p>'),
      /answered with text\/html: something else than a report cache/,
      true,
    ],
    ['no type', (_, to) => to.end('x'), /answered with no type of content: something else/, true],
    [
      'bad JSON',
      (_, to) => to.setHeader('content-type', 'application/json').end('{'),
      /with something that is not JSON: something else/,
      true,
    ],
    [
      'other JSON',
      (_, to) => to.setHeader('content-type', 'application/json').end('null'),
      /answered without reports: it is not a report cache/,
      true,
    ],
    [
      '404 of something else',
      (_, to) => to.writeHead(404).end('not found'),
      /answered 404 to \/v1: something else/,
      true,
    ],
    [
      'a redirect',
      (_, to) => to.writeHead(302, { location: 'https://else.example/\x9b' }).end(),
      /redirects to https:\/\/else\.example\/\?: give that as --endpoint/,
      true,
    ],
    [
      '403',
      (_, to) => to.writeHead(403, { 'content-type': 'application/json' }).end('{"error":"Not you."}'),
      /refuses \(403\): Not you\.$/,
      true,
    ],
    [
      '503',
      (_, to) => to.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"It ends."}'),
      /answers 503: It ends\.$/,
      false,
    ],
    [
      'half an answer',
      (_, to) =>
        to.writeHead(200, { 'content-type': 'application/json', 'content-length': 9 }).write('{', () => to.destroy()),
      /broke off/,
      false,
    ],
    [
      'no answer',
      ({ socket }) => socket.destroy(),
      /closed the connection without an answer\. If it wants TLS: --endpoint https/,
      false,
    ],
  ])('%s', async (_name, listener, message, permanent) => {
    const found = await problem({ endpoint: await answering(listener) });
    expect(found.message).toMatch(message);
    expect(found).toMatchObject({ exitCode: 3, permanent });
  });

  it('another protocol', async () => {
    const banner = await listening(createTcp((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect((await problem({ endpoint: `127.0.0.1:${banner}` })).message).toMatch(/does not speak HTTP\/1\.1/);
    const grpc = createHttp2();
    const port = await listening(grpc);
    expect((await problem({ endpoint: `127.0.0.1:${port}` })).message).toMatch(
      /does not speak HTTP\/1\.1|answered|closed/,
    );
  });

  it('something that says nothing', async () => {
    const port = await listening(createTcp((socket) => closing.push(() => void socket.destroy())));
    const connection = createConnection({ endpoint: `127.0.0.1:${port}` });
    const call = { path: '/', timeoutMs: 50, signal: new AbortController().signal };
    await expect(connection.send(call)).rejects.toThrow('took the connection but did not answer within 0 s');
  });
});

describe('TLS', () => {
  beforeAll(() => {
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const make = (name: string, subject: string, more: readonly string[]) =>
      openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
        '-subj',
        subject,
        ...more,
      );
    make('server', '/CN=server', ['-addext', 'subjectAltName=IP:127.0.0.1']);
    make('other', '/CN=other', ['-addext', 'subjectAltName=DNS:other.example']);
    make('client', '/CN=client', []);
  });
  const tls = (name: string) => ({ key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.crt`)) });

  it('works with the authority named, and shows a certificate', async () => {
    const service = await started({ tls: { ...tls('server'), ca: readFileSync(at('client.crt')), requestCert: true } });
    const mine = { cert: at('client.crt'), key: at('client.key') };
    const connection = createConnection({ endpoint: service.endpoint, ca: at('server.crt'), ...mine });
    expect(await newestReports(connection, [], new AbortController().signal)).toEqual([]);
  });

  it('says what is wrong', async () => {
    const { endpoint, port } = await started({ tls: tls('server') });
    const other = await started({ tls: tls('other') });
    const mutual = await started({ tls: { ...tls('server'), ca: readFileSync(at('client.crt')), requestCert: true } });
    const plain = await started({});
    expect((await problem({ endpoint })).message).toMatch(/authority that is not trusted here.*--ca ca\.pem$/);
    expect((await problem({ endpoint: other.endpoint, ca: at('other.crt') })).message).toMatch(
      /is for another name: .*Use a name that it has/,
    );
    expect((await problem({ endpoint: mutual.endpoint, ca: at('server.crt') })).message).toMatch(
      /Does it want a certificate\? --cert and --key/,
    );
    expect((await problem({ endpoint: `https://127.0.0.1:${plain.port}` })).message).toBe(
      `127.0.0.1:${plain.port} does not speak TLS: use --endpoint http://127.0.0.1:${plain.port}`,
    );
    expect((await problem({ endpoint: `http://127.0.0.1:${port}` })).message).toMatch(/--endpoint https|HTTP\/1\.1/);
    const wrongPair = { ca: at('server.crt'), cert: at('client.crt'), key: at('other.key') };
    expect(() => createConnection({ endpoint, ...wrongPair })).toThrow(/^The certificates do not work: .*mismatch/);
  });
});

it('takes an answer of one command as any JSON', async () => {
  const { endpoint } = await started({ answer: () => null });
  const connection = createConnection({ endpoint });
  const call = {
    path: '/v1/commands/a/b',
    body: '{"arguments":{}}',
    timeoutMs: 1000,
    signal: new AbortController().signal,
  };
  expect(await jsonOf(await connection.send(call), connection)).toEqual({ result: null });
});

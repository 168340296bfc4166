import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Component, Consumer, Context, Extension, InputOf } from '@millrace/core';
import { describeError, isPermanent, mergeBatches, resolveConfig, ThrottleError } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { createPoster } from '@millrace/http-client';
import { batchFromRequest, encode as encodeBatch } from '@millrace/otlp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { countingMeter, decode, encode, gauge, profile, record, services, spans } from '../../testdata/batches.ts';
import { type Authority, createAuthority } from '../../testdata/certificates.ts';
import { listen } from '../../testdata/servers.ts';
import { otlpHttp } from './exporter.ts';

type Input = InputOf<typeof otlpHttp.config>;
interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}
const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop();
});

async function serve(server: Server, sockets = new Set<Socket>()): Promise<number> {
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})));
  const port = await listen(server);
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return port;
}

/** Takes the body, keeps it, and lets the handler answer. */
function keeping(received: Received[], handle: (response: ServerResponse) => void): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ request, body: Buffer.concat(chunks) });
      handle(response);
    });
  };
}

async function backend(handle: (response: ServerResponse) => void = (response) => void response.end()) {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const port = await serve(createServer(keeping(received, handle)), sockets);
  return { endpoint: `http://127.0.0.1:${port}`, received, sockets };
}

function exporter(input: Input, context: Context = testContext()): Component & Consumer {
  const created = otlpHttp.create(resolveConfig(otlpHttp.config, input), context);
  open.push(async () => created.shutdown?.(AbortSignal.timeout(1000)));
  return created;
}

const errorOf = (promise: Promise<void>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It was taken.')),
    (error: Error) => error,
  );
const kindOf = (error: Error): string =>
  isPermanent(error) ? 'permanent' : error instanceof ThrottleError ? `throttle ${error.retryAfterMs}` : 'retry';

const decompress = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (bytes: Buffer) => bytes } as const;

describe('what is sent', () => {
  test.each(['gzip', 'zstd', 'none'] as const)('protobuf, compression %s', async (compression) => {
    const { endpoint, received } = await backend();
    const headers = { Authorization: 'Bearer s3cret', 'user-agent': 'mine/1' };
    const out = exporter({ endpoint, compression, headers });
    await out.start?.();
    await out.consume(gauge(3));
    await out.consume(gauge(0));
    const [{ request, body } = {} as Received] = received;
    expect(received).toHaveLength(1);
    expect([request.method, request.url]).toEqual(['POST', '/v1/metrics']);
    expect(request.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'content-type': 'application/x-protobuf',
      'content-length': String(body.length),
      'user-agent': 'mine/1',
    });
    expect(request.headers['content-encoding']).toBe(compression === 'none' ? undefined : compression);
    expect(decode('ExportMetricsServiceRequest', decompress[compression](body))).toMatchObject({
      resourceMetrics: [
        { scopeMetrics: [{ metrics: [{ name: 'queue.size', gauge: { dataPoints: { length: 3 } } }] }] },
      ],
    });
  });

  test('JSON', async () => {
    const { endpoint, received } = await backend();
    await exporter({ endpoint, encoding: 'json' }).consume(record('hello'));
    const [{ request, body } = {} as Received] = received;
    expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect(request.headers['user-agent']).toMatch(/^millrace\/\d/);
    expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
    });
  });

  test('JSON of traces, but not of profiles', async () => {
    const { endpoint, received } = await backend();
    const out = exporter({ endpoint, encoding: 'json', compression: 'none' });
    await out.consume(spans(['GET /']));
    expect(JSON.parse(received[0]!.body.toString())).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0af7651916cd43dd8448eb211c80319c', name: 'GET /' }] }] }],
    });
    const error = await errorOf(out.consume(profile()));
    expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('set encoding to proto')]);
  });

  test('what came as bytes goes as it came, what was merged in pieces', async () => {
    const { endpoint, received } = await backend();
    const out = exporter({ endpoint, compression: 'none' });
    const [one, two] = [services(['a']), services(['b', 'c'])];
    await out.consume(batchFromRequest('metrics', encodeBatch(one)));
    await out.consume(mergeBatches([one, two]));
    await out.consume(profile());
    expect(received.map(({ body }) => body)).toEqual([
      Buffer.from(encodeBatch(one)),
      Buffer.concat([encodeBatch(one), encodeBatch(two)]),
      profile().request,
    ]);
  });

  test('credentials, asked for at every request and never printed', async () => {
    let status = 200;
    const { endpoint, received } = await backend((response) => void response.writeHead(status).end('who is t0ken-3?'));
    let times = 0;
    const extension = (): Extension => ({ credentials: () => ({ Authorization: `Bearer t0ken-${++times}` }) });
    const out = exporter({ endpoint, auth: { authenticator: 'oauth' } }, testContext({ extension }));
    await out.consume(gauge());
    await out.consume(gauge());
    expect(received.map(({ request }) => request.headers.authorization)).toEqual(['Bearer t0ken-1', 'Bearer t0ken-2']);
    status = 401;
    const error = await errorOf(out.consume(gauge()));
    expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('who is [redacted]?')]);
  });

  test('to the URLs of the signals', async () => {
    const { endpoint, received } = await backend();
    const paths = async (input: Input): Promise<string[]> => {
      const out = exporter(input);
      received.length = 0;
      await out.consume(gauge());
      await out.consume(record());
      await out.consume(spans());
      await out.consume(profile());
      return received.map(({ request }) => request.url!);
    };
    const own = ['/v1/metrics', '/v1/logs', '/v1/traces', '/v1development/profiles'];
    expect(await paths({ endpoint: `${endpoint}/` })).toEqual(own);
    expect(await paths({ endpoint: `${endpoint}/otlp/?k=v` })).toEqual(own.map((path) => `/otlp${path}?k=v`));
    const elsewhere = {
      logs_endpoint: `${endpoint}/insert/otlp`,
      traces_endpoint: `${endpoint}/spans`,
      profiles_endpoint: `${endpoint}/profiles`,
    };
    expect(await paths({ endpoint, ...elsewhere })).toEqual(['/v1/metrics', '/insert/otlp', '/spans', '/profiles']);
    const error = await errorOf(exporter({ metrics_endpoint: endpoint }).consume(record()));
    expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('set logs_endpoint')]);
  });

  test('over connections that are kept, as many as allowed', async () => {
    const { endpoint, sockets, received } = await backend((response) => void setTimeout(() => response.end(), 3));
    const out = exporter({ endpoint, max_conns_per_host: 2 });
    await Promise.all(Array.from({ length: 10 }, () => out.consume(gauge())));
    expect(received).toHaveLength(10);
    expect(sockets.size).toBe(2);
    const fresh = exporter({ endpoint, disable_keep_alives: true });
    await fresh.consume(gauge());
    await fresh.consume(gauge());
    expect(sockets.size).toBe(4);
  });
});

describe('what comes back', () => {
  const json = { 'content-type': 'application/json; charset=utf-8' };
  const protobuf = { 'content-type': 'application/x-protobuf' };

  test.each([
    [
      'protobuf',
      protobuf,
      encode('ExportLogsServiceResponse', { partialSuccess: { rejectedLogRecords: 2, errorMessage: 'too old' } }),
    ],
    ['JSON', json, Buffer.from('{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}')],
  ])('a partial success in %s is counted, and its message is logged once', async (_name, headers, body) => {
    const { endpoint } = await backend((response) => void response.writeHead(200, headers).end(body));
    const { meter, drops } = countingMeter();
    const context = testContext({ meter });
    const out = exporter({ endpoint }, context);
    await out.consume(record());
    await out.consume(record());
    const drop = [2, { component: 'test', reason: 'rejected_by_backend' }];
    expect(drops).toEqual([drop, drop]);
    expect(context.lines).toMatchObject([{ level: 'warn', fields: { rejected: 2, said: 'too old' } }]);
  });

  test('a partial success is told without secrets, and not at any length', async () => {
    const error = `no place for s3cret-token ${'y'.repeat(60_000)}`;
    const body = encode('ExportLogsServiceResponse', {
      partialSuccess: { rejectedLogRecords: 2, errorMessage: error },
    });
    const { endpoint } = await backend((response) => void response.writeHead(200, protobuf).end(body));
    const context = testContext();
    await exporter({ endpoint, headers: { authorization: 'Bearer s3cret-token' } }, context).consume(record());
    const { said } = context.lines[0]!.fields as { said: string };
    expect(said).toMatch(/^no place for \[redacted\] y+…$/);
    expect(said.length).toBe(257);
  });

  test.each([
    [gauge(5), 'Metrics', 'rejectedDataPoints'],
    [record(), 'Logs', 'rejectedLogRecords'],
    [spans(), 'Trace', 'rejectedSpans'],
    [profile(), 'Profiles', 'rejectedProfiles'],
  ])('rejected items of each signal: %#', async (batch, signal, field) => {
    const partialSuccess = { [field]: 3, errorMessage: 'no' };
    const bodies = [
      [protobuf, encode(`Export${signal}ServiceResponse`, { partialSuccess })],
      [json, JSON.stringify({ partialSuccess })],
    ] as const;
    for (const [headers, body] of bodies) {
      const { endpoint } = await backend((response) => void response.writeHead(200, headers).end(body));
      const { meter, drops } = countingMeter();
      await exporter({ endpoint }, testContext({ meter })).consume(batch);
      expect(drops).toEqual([[3, { component: 'test', reason: 'rejected_by_backend' }]]);
    }
  });

  test.each([gauge(), record(), spans(), profile()])(
    'answers have the same meaning for every signal: %#',
    async (batch) => {
      const statuses = [400, 429, 500, 503];
      const { endpoint } = await backend(
        (response) => void response.writeHead(statuses.shift()!, { 'retry-after': '3' }).end(),
      );
      const out = exporter({ endpoint });
      const kinds: string[] = [];
      for (let time = 0; time < 4; time++) kinds.push(kindOf(await errorOf(out.consume(batch))));
      expect(kinds).toEqual(['permanent', 'throttle 3000', 'permanent', 'throttle 3000']);
    },
  );

  test.each<[number, object, string | Buffer]>([
    [200, json, '{}'],
    [200, json, ''],
    [202, protobuf, Buffer.alloc(0)],
    [204, {}, ''],
    [200, { 'content-type': 'text/plain' }, 'Thanks!'],
  ])('status %s with %j is a success', async (status, headers, body) => {
    const { endpoint } = await backend((response) => void response.writeHead(status, { ...headers }).end(body));
    await exporter({ endpoint }).consume(gauge());
  });

  const status = encode('Status', { code: 3, message: 'no such tenant' });
  test.each<[string, number, Record<string, string>, string | Buffer, RegExp]>([
    ['permanent', 200, protobuf, '<html>', /cannot be read/],
    ['permanent', 200, json, '{"partialSuccess":', /cannot be read/],
    ['permanent', 200, json, `{"x":"${'y'.repeat(200_000)}"}`, /cannot be read/],
    ['permanent', 301, { location: 'https://other/?key=1' }, '', /redirects to https:\/\/other\/, which/],
    ['permanent', 400, protobuf, status, /HTTP status 400: no such tenant$/],
    ['permanent', 400, json, '{"code":3,"message":"no such tenant"}', /HTTP status 400: no such tenant$/],
    [
      'permanent',
      401,
      { 'content-type': 'text/plain' },
      'bad token s3cret-token\n',
      /HTTP status 401: bad token \[redacted\]$/,
    ],
    ['permanent', 403, protobuf, 'garbage', /HTTP status 403$/],
    ['permanent', 404, {}, `${'long '.repeat(200)}`, /HTTP status 404: .{256}…$/],
    ['permanent', 404, {}, `${'y'.repeat(250)}s3cret-token`, /HTTP status 404: y{250}\[redac…$/],
    ['permanent', 413, {}, '', /HTTP status 413$/],
    ['permanent', 500, {}, '', /HTTP status 500$/],
    ['retry', 429, {}, 'slow down', /HTTP status 429: slow down$/],
    ['throttle 7000', 429, { 'retry-after': '7' }, '', /429/],
    ['retry', 502, { 'retry-after': '7' }, '', /502/],
    ['retry', 503, { 'retry-after': 'soon' }, '', /503/],
    ['throttle 86400000', 503, { 'retry-after': '1784500000' }, '', /503/],
    ['throttle 30000', 503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, '', /503/],
    ['retry', 504, {}, '', /504/],
  ])('%s: status %s %j', async (kind, code, headers, body, want) => {
    const { endpoint } = await backend((response) => void response.writeHead(code, headers).end(body));
    const clock = manualClock(Date.UTC(2026, 0, 1));
    const secret = { authorization: 'Bearer s3cret-token' };
    const error = await errorOf(exporter({ endpoint, headers: secret }, testContext({ clock })).consume(gauge()));
    expect(describeError(error)).toMatch(want);
    expect(error.message).toContain(`${endpoint}/v1/metrics: `);
    expect(kindOf(error)).toBe(kind);
  });

  test('a password or a key in the URL is not in the error', async () => {
    const { endpoint } = await backend((response) => void response.writeHead(403).end());
    const url = endpoint.replace('http://', 'http://me:s3cret@');
    const error = await errorOf(exporter({ metrics_endpoint: `${url}/in?key=s3cret` }).consume(gauge()));
    expect(error.message).toBe(`${endpoint}/in: HTTP status 403`);
  });

  test('nor if the server repeats them', async () => {
    const { endpoint } = await backend((response) => void response.writeHead(403).end('no: pass-s3cret key-s3cret'));
    const url = endpoint.replace('http://', 'http://me:pass-s3cret@');
    const error = await errorOf(exporter({ metrics_endpoint: `${url}/in?key=key-s3cret` }).consume(gauge()));
    expect(error.message).toBe(`${endpoint}/in: HTTP status 403: no: [redacted] [redacted]`);
  });

  test('nor are they in what is said of several endpoints', async () => {
    const { endpoint } = await backend((response) => void response.writeHead(503).end());
    const takes = await backend();
    const endpoints = [endpoint, endpoint, takes.endpoint].map(
      (one, at) => `${one.replace('http://', 'http://me:s3cret@')}/?key=s3cret${at}`,
    );
    const context = testContext();
    const out = exporter({ endpoints, load_balancing: {} }, context);
    await out.consume(gauge());
    expect(takes.received).toHaveLength(1);
    expect(context.lines.map(({ fields }) => (fields as { endpoint: string }).endpoint)).toEqual([
      `${endpoint}/v1/metrics`,
      `${endpoint}/v1/metrics (2)`,
    ]);
    expect(JSON.stringify(context.lines)).not.toContain('s3cret');
  });
});

describe('connections', () => {
  test('a server that is down', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    server.close();
    await once(server, 'close');
    const out = exporter({ endpoint: `http://127.0.0.1:${port}` });
    await out.start?.();
    const error = await errorOf(out.consume(gauge()));
    expect(kindOf(error)).toBe('retry');
    expect(describeError(error)).toMatch(/no answer: .*ECONNREFUSED/);
  });

  test.each([
    ['nothing', ''],
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"par'],
  ])('a server that says %s and hangs up', async (_name, text) => {
    const server = createTcpServer((socket) => void socket.once('data', () => socket.end(text)));
    const port = await serve(server);
    const error = await errorOf(exporter({ endpoint: `http://127.0.0.1:${port}` }).consume(gauge()));
    expect(kindOf(error)).toBe('retry');
    expect(error.message).toMatch(/: no answer$/);
  });

  test('a hanging request ends with its signal, and the server is told', async () => {
    let gone = false;
    const late = new AbortController();
    const { endpoint } = await backend((response) => {
      response.on('close', () => (gone = true));
      late.abort(new Error('timed out after 30s'));
    });
    const error = await errorOf(exporter({ endpoint }).consume(gauge(), late.signal));
    expect(kindOf(error)).toBe('retry');
    expect(describeError(error)).toMatch(/no answer: timed out after 30s$/);
    while (!gone) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  test('an idle connection that the server has closed costs nothing', async () => {
    const sockets: Socket[] = [];
    let requests = 0;
    // Answers the first request of a connection, and resets it at the second.
    const server = createTcpServer((socket) => {
      sockets.push(socket);
      let before = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        requests++;
        if (before++ === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
        else socket.resetAndDestroy();
      });
    });
    const out = exporter({ endpoint: `http://127.0.0.1:${await serve(server)}`, compression: 'none' });
    await out.consume(gauge());
    await out.consume(gauge());
    expect(sockets).toHaveLength(2);
    expect(requests).toBe(3);
  });

  test('shutdown lets requests end, but not for ever, twice and without start', async () => {
    const held: ServerResponse[] = [];
    const { endpoint } = await backend((response) => void held.push(response));
    const out = exporter({ endpoint });
    const request = out.consume(gauge());
    while (held.length < 1) await new Promise((resolve) => setTimeout(resolve, 2));
    const stopped = out.shutdown!(AbortSignal.timeout(5000));
    held[0]!.end();
    await Promise.all([request, stopped]);
    await out.shutdown!(AbortSignal.timeout(5000));
    expect((await errorOf(out.consume(gauge()))).message).toContain('shut down');

    const stuck = exporter({ endpoint });
    const lost = errorOf(stuck.consume(gauge()));
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    await stuck.shutdown!(AbortSignal.timeout(30));
    expect(kindOf(await lost)).toBe('retry');
  });
});

describe('TLS', () => {
  let authority: Authority;
  let other: Authority;
  beforeAll(() => {
    authority = createAuthority();
    other = createAuthority();
  });
  afterAll(() => {
    authority.remove();
    other.remove();
  });

  test('trust, and client certificates that are read again at each connection', async () => {
    const { certFile, keyFile } = authority.issue('server');
    const files = { cert: readFileSync(certFile), key: readFileSync(keyFile), ca: readFileSync(authority.caFile) };
    const received: Received[] = [];
    const handle = keeping(received, (response) => void response.end());
    const endpoint = `https://localhost:${await serve(createSecureServer({ ...files, requestCert: true }, handle))}`;

    const tls = {
      ca_file: authority.caFile,
      cert_file: authority.file('used.pem'),
      key_file: authority.file('used.key'),
    };
    const use = (issued: { certFile: string; keyFile: string }): void => {
      copyFileSync(issued.certFile, tls.cert_file);
      copyFileSync(issued.keyFile, tls.key_file);
    };
    use(other.issue('client'));
    const out = exporter({ endpoint, tls, disable_keep_alives: true });
    await out.start?.();
    expect(kindOf(await errorOf(out.consume(gauge())))).toBe('retry');
    use(authority.issue('client'));
    await out.consume(gauge());
    expect(received).toHaveLength(1);

    const named = `https://${new URL(endpoint).host.replace('localhost', 'server')}/v1/metrics`;
    const poster = createPoster({
      tls: resolveConfig(otlpHttp.config, { tls }).tls,
      maxPerHost: 0,
      idleTimeoutMs: 1000,
      keepAlive: true,
      proxy: undefined,
    });
    const url = new URL(named);
    const body = { chunks: [Buffer.from('x')], bytes: 1 };
    const address = { host: '127.0.0.1', port: Number(url.port) };
    expect((await poster.post({ url, address, headers: {}, body, signal: undefined })).status).toBe(200);
    expect(received.at(-1)!.request.headers.host).toBe(url.host);
    await poster.close(AbortSignal.timeout(100));

    const mistrusted = await errorOf(exporter({ endpoint, tls: { ca_file: other.caFile } }).consume(gauge()));
    expect(describeError(mistrusted)).toMatch(/no answer: .*certificate/);
    const unread = await errorOf(exporter({ endpoint, tls: { ca_file: '/nowhere/ca.pem' } }).consume(gauge()));
    expect(describeError(unread)).toMatch(/tls\.ca_file cannot be read: ENOENT/);
    const unstarted = await errorOf(exporter({ endpoint, tls: { ca_file: '/nowhere/ca.pem' } }).start!());
    expect(kindOf(unstarted)).toBe('permanent');
  });
});

test('diagnose asks each server once', async () => {
  const { endpoint } = await backend();
  const down = createTcpServer();
  const port = await listen(down);
  down.close();
  await once(down, 'close');
  const config = { endpoint, logs_endpoint: `http://[::1]:${port}/logs` };
  const findings = await otlpHttp.diagnose!(resolveConfig(otlpHttp.config, config));
  expect(findings.map(({ level }) => level)).toEqual(['ok', 'warning']);
  expect(await otlpHttp.diagnose!(resolveConfig(otlpHttp.config, { endpoint }))).toHaveLength(1);
});

test('check', () => {
  const problems = (input: Input): string =>
    otlpHttp.check!(resolveConfig(otlpHttp.config, input))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  expect(problems({ endpoint: 'https://otel.example/otlp', headers: { 'x-scope-orgid': '1' } })).toBe('');
  expect(problems({})).toMatch(/^: An endpoint is needed/);
  expect(problems({ endpoint: 'localhost:4318' })).toMatch(/^endpoint: .*http:\/\/ or https:\/\/\.$/);
  expect(problems({ logs_endpoint: 'ftp://x' })).toMatch(/^logs_endpoint: /);
  expect(problems({ endpoints: ['http://a', 'b:1'] })).toMatch(/^endpoints\.1: endpoints\.1 must be a URL/);
  expect(problems({ endpoints: ['http://a'], traces_endpoint: 'http://b' })).toMatch(
    /^traces_endpoint: .*is one place/,
  );
  expect(problems({ endpoint: 'http://a', load_balancing: {} })).toMatch(/^load_balancing: There is one endpoint only/);
  const bad = problems({
    endpoint: 'http://a',
    headers: { 'Content-Type': 'v4lue', x: 'v4l\nue' },
    tls: { cert_file: 'c' },
  });
  expect(bad).toMatch(/headers\.Content-Type: .*set by the exporter/);
  expect(bad).toMatch(/headers\.x: .*characters that HTTP does not allow/);
  expect(bad).toMatch(/tls: cert_file and key_file/);
  expect(bad).not.toMatch(/v4l/);
});

import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createSecureServer } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { gzipSync, zstdDecompressSync } from 'node:zlib';
import { Metadata, ServerCredentials, status as grpcStatus } from '@grpc/grpc-js';
import type { Component, Consumer, Context, Extension, InputOf } from '@millrace/core';
import {
  describeError,
  isPermanent,
  mergeBatches,
  metricsBatch,
  PermanentError,
  resolveConfig,
  ThrottleError,
} from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { proveTls } from '@millrace/http-client';
import { batchFromRequest, encode as encodeBatch } from '@millrace/otlp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { countingMeter, decode, encode, gauge, profile, record, services, spans } from '../../testdata/batches.ts';
import { type Authority, createAuthority } from '../../testdata/certificates.ts';
import { answer, grpcServer, type Handler, listen, rawServer, type Running } from '../../testdata/servers.ts';
import { otlp } from './exporter.ts';

type Input = InputOf<typeof otlp.config>;
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const { stop } of open.splice(0).reverse()) await stop();
});

function running<T extends Running>(server: T): T {
  open.push(server);
  return server;
}

function exporter(input: Input, context: Context = testContext()): Component & Consumer {
  const created = otlp.create(resolveConfig(otlp.config, input), context);
  open.push({ stop: async () => created.shutdown?.(AbortSignal.timeout(1000)) });
  return created;
}

const insecure = (port: number): Input => ({ endpoint: `127.0.0.1:${port}`, tls: { insecure: true } });
const takes: Handler = (_call, reply) => reply(null, Buffer.alloc(0));
const errorOf = (promise: Promise<void>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It was taken.')),
    (error: Error) => error,
  );
const kindOf = (error: Error): string =>
  isPermanent(error) ? 'permanent' : error instanceof ThrottleError ? `throttle ${error.retryAfterMs}` : 'retry';

describe('what is sent', () => {
  test('every signal, to the method of its service', async () => {
    const got: [string, Buffer][] = [];
    const server = running(
      await grpcServer((call, reply) => {
        got.push([call.getPath(), call.request]);
        reply(null, Buffer.alloc(0));
      }),
    );
    const out = exporter(insecure(server.port));
    await out.start?.();
    await out.consume(gauge(3));
    await out.consume(record('hello'));
    await out.consume(spans(['GET /', 'SELECT']));
    await out.consume(profile());
    await out.consume(metricsBatch([]));
    expect(got.map(([path]) => path)).toEqual([
      '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
      '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
    ]);
    expect(decode('ExportTraceServiceRequest', got[2]![1])).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'GET /' }, { name: 'SELECT' }] }] }],
    });
    expect(got[3]![1]).toEqual(profile().request);
    expect(decode('ExportMetricsServiceRequest', got[0]![1])).toMatchObject({
      resourceMetrics: [
        { scopeMetrics: [{ metrics: [{ name: 'queue.size', gauge: { dataPoints: { length: 3 } } }] }] },
      ],
    });
    expect(decode('ExportLogsServiceRequest', got[1]![1])).toMatchObject({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'hello' } }] }] }],
    });
  });

  test.each(['gzip', 'zstd', 'none'] as const)('compression %s', async (compression) => {
    const server = running(await rawServer((stream) => answer(stream)));
    await exporter({ ...insecure(server.port), compression }).consume(gauge(100));
    const { headers, body } = server.requests[0]!;
    expect(headers).toMatchObject({ 'content-type': 'application/grpc+proto', te: 'trailers' });
    expect(headers['user-agent']).toMatch(/^millrace\/\d+\.\d+\.\d+$/);
    expect(headers['grpc-encoding']).toBe(compression === 'none' ? undefined : compression);
    expect(body[0]).toBe(compression === 'none' ? 0 : 1);
    expect(body.readUInt32BE(1)).toBe(body.length - 5);
    if (compression === 'zstd')
      expect(decode('ExportMetricsServiceRequest', zstdDecompressSync(body.subarray(5)))).toHaveProperty(
        'resourceMetrics',
      );
  });

  test('a body greater than the flow-control window', async () => {
    let received: Buffer | undefined;
    const server = running(
      await grpcServer((call, reply) => {
        received = call.request;
        reply(null, Buffer.alloc(0));
      }),
    );
    await exporter({ ...insecure(server.port), compression: 'none' }).consume(gauge(20_000));
    expect(received!.length).toBeGreaterThan(700_000);
    expect(decode('ExportMetricsServiceRequest', received!)).toMatchObject({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: { length: 20_000 } } }] }] }],
    });
  });

  test('headers and authority, binary ones too', async () => {
    let metadata: Metadata | undefined;
    const server = running(
      await grpcServer((call, reply) => {
        metadata = call.metadata;
        reply(null, Buffer.alloc(0));
      }),
    );
    const headers = { Authorization: 'Bearer s3cret', 'tenant-bin': 'Zürich' };
    await exporter({ ...insecure(server.port), headers, authority: 'otlp.example' }).consume(gauge());
    expect(metadata?.get('authorization')).toEqual(['Bearer s3cret']);
    expect(metadata?.get('tenant-bin')).toEqual([Buffer.from('Zürich')]);
  });

  test.each([
    ['http://', {}],
    ['dns:///', { insecure: true }],
    ['', { insecure: true }],
  ])('an endpoint that begins with %j', async (scheme, tls) => {
    const server = running(await grpcServer(takes));
    await exporter({ endpoint: `${scheme}localhost:${server.port}`, tls }).consume(gauge());
  });

  test('what came as bytes goes as it came, what was merged in pieces', async () => {
    const server = running(await rawServer((stream) => answer(stream)));
    const [one, two] = [services(['a']), services(['b', 'c'])];
    const bytes = encodeBatch(one);
    const out = exporter({ ...insecure(server.port), compression: 'none' });
    await out.consume(batchFromRequest('metrics', bytes));
    await out.consume(mergeBatches([one, two]));
    expect(server.requests[0]!.body.subarray(5)).toEqual(Buffer.from(bytes));
    expect(server.requests[1]!.body.subarray(5)).toEqual(Buffer.concat([bytes, encodeBatch(two)]));
    expect(server.requests[1]!.body.readUInt32BE(1)).toBe(server.requests[1]!.body.length - 5);
  });

  test('a higher level makes it smaller', async () => {
    const server = running(await rawServer((stream) => answer(stream)));
    const batch = gauge(500);
    for (const compression of ['gzip', 'zstd'] as const)
      for (const level of [1, 9])
        await exporter({ ...insecure(server.port), compression, compression_params: { level } }).consume(batch);
    const [gzip1, gzip9, zstd1, zstd9] = server.requests.map(({ body }) => body.length);
    expect(gzip9).toBeLessThan(gzip1!);
    expect(zstd9).toBeLessThan(zstd1!);
  });

  test('credentials, asked for at every request and never printed', async () => {
    const seen: unknown[] = [];
    let verdict = (reply: Parameters<Handler>[1]): void => reply(null, Buffer.alloc(0));
    const server = running(
      await grpcServer((call, reply) => {
        seen.push(call.metadata.get('authorization')[0], call.metadata.get('x-tenant')[0]);
        verdict(reply);
      }),
    );
    let times = 0;
    const extension = (id: string): Extension => {
      expect(id).toBe('bearer_token_auth/backend');
      return { credentials: async () => ({ Authorization: `Bearer t0ken-${++times}` }) };
    };
    const auth = { authenticator: 'bearer_token_auth/backend' };
    const headers = { authorization: 'old', 'X-Tenant': 'shop' };
    const out = exporter({ ...insecure(server.port), auth, headers }, testContext({ extension }));
    await out.consume(gauge());
    await out.consume(gauge());
    expect(seen).toEqual(['Bearer t0ken-1', 'shop', 'Bearer t0ken-2', 'shop']);
    verdict = (reply) => reply({ code: grpcStatus.UNAUTHENTICATED, details: 'who is t0ken-3?' });
    const error = await errorOf(out.consume(gauge()));
    expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('who is [redacted]?')]);
  });

  test.each([
    [new Error('ENOENT'), 'retry', /127\.0\.0\.1:1: oauth gave no credentials: ENOENT/],
    [new PermanentError('no such user'), 'permanent', /no such user/],
  ])('no credentials: %s is %s', async (thrown, kind, want) => {
    const extension = (): Extension => ({ credentials: () => Promise.reject(thrown) });
    const out = exporter({ ...insecure(1), auth: { authenticator: 'oauth' } }, testContext({ extension }));
    const error = await errorOf(out.consume(gauge()));
    expect([kindOf(error), describeError(error)]).toEqual([kind, expect.stringMatching(want)]);
  });

  test('over a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-unix-'));
    open.push({ stop: async () => rmSync(folder, { recursive: true }) });
    running(await grpcServer(takes, { address: `unix:${folder}/socket` }));
    await exporter({ endpoint: `unix://${folder}/socket`, tls: { insecure: true } }).consume(gauge());
    await exporter({ endpoint: `unix:${folder}/socket`, tls: { insecure: true } }).consume(gauge());
  });
});

describe('what comes back', () => {
  test('a partial success is counted, and its message is logged once', async () => {
    let partialSuccess: object = { rejectedDataPoints: 2, errorMessage: 'too old' };
    const server = running(
      await grpcServer((_call, reply) => reply(null, encode('ExportMetricsServiceResponse', { partialSuccess }))),
    );
    const { meter, drops } = countingMeter();
    const context = testContext({ meter });
    const out = exporter(insecure(server.port), context);
    await out.consume(gauge(5));
    await out.consume(gauge(5));
    partialSuccess = { errorMessage: 'use the new endpoint' };
    await out.consume(gauge(5));
    expect(drops).toEqual([
      [2, { component: 'test', reason: 'rejected_by_backend' }],
      [2, { component: 'test', reason: 'rejected_by_backend' }],
    ]);
    expect(context.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { rejected: 2, said: 'too old' }],
      ['warn', { said: 'use the new endpoint' }],
    ]);
  });

  test.each([
    [gauge(5), 'ExportMetricsServiceResponse', 'rejectedDataPoints'],
    [record(), 'ExportLogsServiceResponse', 'rejectedLogRecords'],
    [spans(), 'ExportTraceServiceResponse', 'rejectedSpans'],
    [profile(), 'ExportProfilesServiceResponse', 'rejectedProfiles'],
  ])('rejected items of each signal: %#', async (batch, message, field) => {
    const partialSuccess = { [field]: 3, errorMessage: 'no' };
    const server = running(await grpcServer((_call, reply) => reply(null, encode(message, { partialSuccess }))));
    const { meter, drops } = countingMeter();
    await exporter(insecure(server.port), testContext({ meter })).consume(batch);
    expect(drops).toEqual([[3, { component: 'test', reason: 'rejected_by_backend' }]]);
  });

  test.each([gauge(), record(), spans(), profile()])(
    'answers have the same meaning for every signal: %#',
    async (batch) => {
      const codes = ['UNAVAILABLE', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'] as const;
      const answers: (keyof typeof grpcStatus)[] = [...codes];
      const server = running(
        await grpcServer((_call, reply) =>
          reply({ code: grpcStatus[answers.shift()!], metadata: retryInfo({ seconds: 3 }) }),
        ),
      );
      const out = exporter(insecure(server.port));
      const kinds: string[] = [];
      for (let time = 0; time < codes.length; time++) kinds.push(kindOf(await errorOf(out.consume(batch))));
      expect(kinds).toEqual(['throttle 3000', 'permanent', 'throttle 3000']);
    },
  );

  const retryInfo = (delay?: object): Metadata => {
    const value = encode('RetryInfo', delay ? { retryDelay: delay } : {});
    const details = [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value }];
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', encode('Status', { code: 8, message: 'later', details }));
    return metadata;
  };

  test.each<[keyof typeof grpcStatus, string, Metadata?]>([
    ['CANCELLED', 'retry'],
    ['UNKNOWN', 'permanent'],
    ['INVALID_ARGUMENT', 'permanent'],
    ['DEADLINE_EXCEEDED', 'retry'],
    ['NOT_FOUND', 'permanent'],
    ['ALREADY_EXISTS', 'permanent'],
    ['PERMISSION_DENIED', 'permanent'],
    ['RESOURCE_EXHAUSTED', 'permanent'],
    ['RESOURCE_EXHAUSTED', 'throttle 2500', retryInfo({ seconds: 2, nanos: 500_000_000 })],
    ['RESOURCE_EXHAUSTED', 'retry', retryInfo()],
    ['FAILED_PRECONDITION', 'permanent'],
    ['ABORTED', 'retry'],
    ['OUT_OF_RANGE', 'retry'],
    ['UNIMPLEMENTED', 'permanent'],
    ['INTERNAL', 'permanent'],
    ['UNAVAILABLE', 'retry'],
    ['UNAVAILABLE', 'throttle 1000', retryInfo({ seconds: 1 })],
    ['UNAVAILABLE', 'throttle 86400000', retryInfo({ seconds: 1_784_500_000 })],
    ['DATA_LOSS', 'retry'],
    ['UNAUTHENTICATED', 'permanent'],
  ])('%s is %s', async (name, want, metadata) => {
    const code = grpcStatus[name];
    const server = running(
      await grpcServer((_call, reply) =>
        reply({ code, details: 'nein, 100 % für s3cret-token', ...(metadata && { metadata }) }),
      ),
    );
    const headers = { authorization: 'Bearer s3cret-token' };
    const error = await errorOf(exporter({ ...insecure(server.port), headers }).consume(gauge()));
    expect(kindOf(error)).toBe(want);
    expect(error.message).toContain(`127.0.0.1:${server.port}: `);
    expect(error.message).toContain('nein, 100 % für [redacted]');
  });

  test('what it says is told without secrets, in one line, and not at any length', async () => {
    const details = `no\n s3cret-token ${'y'.repeat(235)}s3cret-token ${'y'.repeat(1000)}`;
    const server = running(await grpcServer((_call, reply) => reply({ code: grpcStatus.UNAVAILABLE, details })));
    const headers = { authorization: 'Bearer s3cret-token' };
    const { message: said } = await errorOf(exporter({ ...insecure(server.port), headers }).consume(gauge()));
    expect(said).toMatch(/: Unavailable: no \[redacted\] y{235}\[redact…$/);
    const partialSuccess = { rejectedDataPoints: 2, errorMessage: details };
    const partial = running(
      await grpcServer((_call, reply) => reply(null, encode('ExportMetricsServiceResponse', { partialSuccess }))),
    );
    const context = testContext();
    await exporter({ ...insecure(partial.port), headers }, context).consume(gauge(5));
    expect((context.lines[0]!.fields as { said: string }).said).toMatch(/^no \[redacted\] y{235}\[redact…$/);
  });

  const grpc = { ':status': 200, 'content-type': 'application/grpc' };
  const message = (body: Buffer, flag = 0): Buffer => {
    const prefix = Buffer.from([flag, 0, 0, 0, 0]);
    prefix.writeUInt32BE(body.length, 1);
    return Buffer.concat([prefix, body]);
  };
  test.each<[string, string, RegExp, (stream: ServerHttp2Stream) => void]>([
    [
      'a web page',
      'permanent',
      /text\/html, which is not gRPC/,
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'text/html' });
        stream.end('<html>');
      },
    ],
    ...(
      [
        [400, 'permanent', 'Internal'],
        [401, 'permanent', 'Unauthenticated'],
        [403, 'permanent', 'PermissionDenied'],
        [404, 'permanent', 'Unimplemented'],
        [429, 'retry', 'Unavailable'],
        [500, 'permanent', 'Unknown'],
        [503, 'retry', 'Unavailable'],
      ] as const
    ).map(([code, kind, name]): [string, string, RegExp, (stream: ServerHttp2Stream) => void] => [
      `HTTP status ${code}`,
      kind,
      new RegExp(`${name}: .*HTTP status ${code}`),
      (stream) => stream.respond({ ':status': code }, { endStream: true }),
    ]),
    ['a status without a message', 'permanent', /it has no message/, (stream) => answer(stream, {}, Buffer.alloc(0))],
    ['half a message', 'permanent', /its message is cut/, (stream) => answer(stream, {}, Buffer.from([0, 0, 0]))],
    [
      'a shorter message',
      'permanent',
      /0 bytes instead of 9/,
      (stream) => answer(stream, {}, Buffer.from([0, 0, 0, 0, 9])),
    ],
    [
      'a message that is garbage',
      'permanent',
      /cannot be read/,
      (stream) => answer(stream, {}, message(Buffer.from('<html>'))),
    ],
    [
      'a message in an unknown compression',
      'permanent',
      /compressed with identity/,
      (stream) => answer(stream, {}, message(Buffer.from('x'), 1)),
    ],
    ['an endless answer', 'permanent', /more than 65536 bytes/, (stream) => answer(stream, {}, Buffer.alloc(100_000))],
    [
      'no status',
      'retry',
      /ended before its status/,
      (stream) => {
        stream.respond(grpc);
        stream.end(message(Buffer.alloc(0)));
      },
    ],
    ['a stream that is reset', 'retry', /Unavailable/, (stream) => stream.close(2)],
    [
      'an answer that is reset',
      'retry',
      /ended before its status/,
      (stream) => {
        stream.respond(grpc);
        setImmediate(() => stream.close(2));
      },
    ],
    ['a connection that dies', 'retry', /Unavailable/, (stream) => stream.session?.destroy()],
    [
      'a status only',
      'retry',
      /Aborted: aus, sofort/,
      (stream) =>
        stream.respond({ ...grpc, 'grpc-status': '10', 'grpc-message': 'aus%2C sofort' }, { endStream: true }),
    ],
    ['a status that is no number', 'permanent', /Unknown/, (stream) => answer(stream, { 'grpc-status': 'ok' })],
    [
      'a broken percent encoding',
      'retry',
      /Unavailable: 100 % %zz/,
      (stream) => answer(stream, { 'grpc-status': '14', 'grpc-message': '100 % %zz' }),
    ],
  ])('%s: %s', async (_name, kind, want, handle) => {
    const server = running(await rawServer(handle));
    const error = await errorOf(exporter(insecure(server.port)).consume(gauge()));
    expect(describeError(error)).toMatch(want);
    expect(kindOf(error)).toBe(kind);
  });

  test('a compressed answer is read', async () => {
    const partialSuccess = { rejectedLogRecords: 1, errorMessage: 'no' };
    const body = message(gzipSync(encode('ExportLogsServiceResponse', { partialSuccess })), 1);
    const server = running(
      await rawServer((stream) => {
        stream.respond({ ...grpc, 'grpc-encoding': 'gzip' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(body);
      }),
    );
    const { meter, drops } = countingMeter();
    await exporter(insecure(server.port), testContext({ meter })).consume(record());
    expect(drops).toEqual([[1, { component: 'test', reason: 'rejected_by_backend' }]]);
  });

  test('a server that is not HTTP/2 at all', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
    });
    const port = await listen(server);
    open.push({ stop: async () => void server.close() });
    const error = await errorOf(exporter(insecure(port)).consume(gauge()));
    expect(kindOf(error)).toBe('retry');
    expect(error.message).toContain('does not speak HTTP/2 in the clear');
  });
});

describe('connections', () => {
  test('a server that is down, comes, goes and comes again', async () => {
    const first = await grpcServer(takes);
    const address = `127.0.0.1:${first.port}`;
    await first.stop();
    const out = exporter(insecure(first.port));
    await out.start?.();
    const error = await errorOf(out.consume(gauge()));
    expect(kindOf(error)).toBe('retry');
    expect(error.message).toMatch(/Unavailable: .*ECONNREFUSED/);
    for (let round = 0; round < 2; round++) {
      const again = await grpcServer(takes, { address });
      await out.consume(gauge());
      await again.stop();
    }
    expect(kindOf(await errorOf(out.consume(gauge())))).toBe('retry');
  });

  test.each([
    [100, 1],
    [10, 2],
    [2, 4],
  ])('20 calls at once, where a connection takes %s, need %s connections', async (maxConcurrentStreams, sessions) => {
    let now = 0;
    let most = 0;
    const server = running(
      await rawServer(
        (stream) => {
          most = Math.max(most, ++now);
          setTimeout(() => {
            now--;
            answer(stream);
          }, 3);
        },
        { settings: { maxConcurrentStreams } },
      ),
    );
    const out = exporter(insecure(server.port));
    await Promise.all(Array.from({ length: 20 }, () => out.consume(gauge())));
    expect(server.sessions).toHaveLength(sessions);
    expect(server.requests).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(maxConcurrentStreams * sessions);
    await out.consume(gauge());
    expect(server.sessions).toHaveLength(sessions);
  });

  test('wait_for_ready waits for the server, and no longer than the attempt lasts', async () => {
    const first = await grpcServer(takes);
    const address = `127.0.0.1:${first.port}`;
    await first.stop();
    const clock = manualClock();
    const out = exporter({ ...insecure(first.port), wait_for_ready: true }, testContext({ clock }));
    const late = new AbortController();
    const lost = errorOf(out.consume(gauge(), late.signal));
    const sent = out.consume(gauge());
    sent.catch(() => {});
    for (let time = 0; time < 5; time++) await clock.advance(5000);
    late.abort(new Error('timed out after 5s'));
    expect(kindOf(await lost)).toBe('retry');
    running(await grpcServer(takes, { address }));
    const done = sent.then(() => true);
    while (!(await Promise.race([done, clock.advance(5000).then(() => false)])));
    await out.consume(gauge());
  });

  test('wait_for_ready ends with shutdown', async () => {
    const out = exporter({ ...insecure(1), wait_for_ready: true });
    const lost = errorOf(out.consume(gauge()));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await out.shutdown!(AbortSignal.timeout(1000));
    expect(kindOf(await lost)).toBe('retry');
  });

  test('a call that has ended is not cancelled', async () => {
    const codes: (number | undefined)[] = [];
    const server = running(
      await rawServer((stream) => {
        stream.once('close', () => codes.push(stream.rstCode));
        answer(stream);
      }),
    );
    const out = exporter(insecure(server.port));
    for (let time = 0; time < 5; time++) await out.consume(gauge(200));
    await until(() => codes.length === 5);
    expect(codes).toEqual([0, 0, 0, 0, 0]);
  });

  test('calls end on a connection that goes away, and new ones take a new one', async () => {
    const held: ServerHttp2Stream[] = [];
    const server = running(await rawServer((stream) => void held.push(stream)));
    const out = exporter(insecure(server.port));
    const first = out.consume(gauge());
    await until(() => held.length === 1);
    await sendAway(server.sessions[0]!);
    const second = out.consume(gauge());
    await until(() => held.length === 2);
    for (const stream of held) answer(stream);
    await Promise.all([first, second]);
    expect(server.sessions).toHaveLength(2);
  });

  test('a call that the server did not look at is made once more', async () => {
    let refused = 0;
    const server = running(
      await rawServer((stream) => {
        if (refused++ === 0) stream.close(7);
        else answer(stream);
      }),
    );
    await exporter(insecure(server.port)).consume(gauge());
    expect(refused).toBe(2);
  });

  test('a hanging call ends with its signal, and the server is told', async () => {
    const cancelled = Promise.withResolvers<void>();
    const late = new AbortController();
    const server = running(
      await grpcServer((call) => {
        call.on('cancelled', () => cancelled.resolve());
        late.abort(new Error('timed out after 5s'));
      }),
    );
    const out = exporter(insecure(server.port));
    const error = await errorOf(out.consume(gauge(), late.signal));
    expect(kindOf(error)).toBe('retry');
    expect(describeError(error)).toMatch(/^127\.0\.0\.1:\d+: no answer: timed out after 5s$/);
    await cancelled.promise;
    const aborted = await errorOf(out.consume(gauge(), AbortSignal.abort()));
    expect(kindOf(aborted)).toBe('retry');
  });

  test('a connection attempt that hangs ends with the signal', async () => {
    const server = createServer(() => {});
    const port = await listen(server);
    open.push({ stop: async () => void server.close() });
    const error = await errorOf(exporter(insecure(port)).consume(gauge(), AbortSignal.timeout(50)));
    expect(kindOf(error)).toBe('retry');
  });

  test('a silent connection is given up after a ping, and the next call makes a new one', async () => {
    const server = running(await rawServer((stream) => answer(stream)));
    const pipe = await silencer(server.port);
    const clock = manualClock();
    const keepalive = { time: '30s', timeout: '5s', permit_without_stream: false };
    const out = exporter({ ...insecure(pipe.port), keepalive }, testContext({ clock }));
    await out.consume(gauge());
    await clock.advance(30_000);
    expect(server.sessions).toHaveLength(1);
    pipe.silence();
    const lost = errorOf(out.consume(gauge()));
    await until(() => pipe.swallowed() > 0);
    await clock.advance(30_000);
    await clock.advance(5000);
    expect((await lost).message).toContain('not answered a ping for 5 s');
    expect(kindOf(await lost)).toBe('retry');
    pipe.pass();
    await out.consume(gauge());
    expect(server.sessions).toHaveLength(2);
  });

  test('without keepalive, a call that had no answer makes the connection prove itself', async () => {
    const server = running(await rawServer((stream) => answer(stream)));
    const pipe = await silencer(server.port);
    const clock = manualClock();
    const out = exporter(insecure(pipe.port), testContext({ clock }));
    await out.consume(gauge());
    pipe.silence();
    await errorOf(out.consume(gauge(), AbortSignal.timeout(30)));
    await clock.advance(10_000);
    pipe.pass();
    await out.consume(gauge());
    expect(server.sessions).toHaveLength(2);
  });

  test('shutdown lets calls end, twice and without start', async () => {
    const held: ServerHttp2Stream[] = [];
    const server = running(await rawServer((stream) => void held.push(stream)));
    const out = exporter(insecure(server.port));
    const call = out.consume(gauge());
    await until(() => held.length === 1);
    const stopped = out.shutdown!(AbortSignal.timeout(5000));
    answer(held[0]!);
    await call;
    await stopped;
    await out.shutdown!(AbortSignal.timeout(5000));
    expect((await errorOf(out.consume(gauge()))).message).toContain('shut down');
    expect(kindOf(await errorOf(out.consume(gauge(), AbortSignal.abort())))).toBe('retry');
    const idle = exporter(insecure(server.port));
    await idle.shutdown!(AbortSignal.abort());
  });

  test('shutdown does not wait for ever, nor for a connection that was told to go', async () => {
    const server = running(await rawServer(() => {}));
    const out = exporter(insecure(server.port));
    const first = errorOf(out.consume(gauge()));
    await until(() => server.requests.length === 1);
    await sendAway(server.sessions[0]!);
    const second = errorOf(out.consume(gauge()));
    await until(() => server.requests.length === 2);
    await out.shutdown!(AbortSignal.timeout(50));
    expect([kindOf(await first), kindOf(await second)]).toEqual(['retry', 'retry']);
    expect(server.sessions).toHaveLength(2);
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

  function credentials(clients?: Authority): ServerCredentials {
    const { certFile, keyFile } = authority.issue('server.example');
    const pair = { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) };
    return ServerCredentials.createSsl(clients ? readFileSync(clients.caFile) : null, [pair], clients !== undefined);
  }

  test('is the default, and trusts only the authority it is told of', async () => {
    const server = running(await grpcServer(takes, { credentials: credentials() }));
    const endpoint = `localhost:${server.port}`;
    const out = exporter({ endpoint, tls: { ca_file: authority.caFile } });
    await out.start?.();
    await out.consume(gauge());
    await exporter({ endpoint: `127.0.0.1:${server.port}`, tls: { ca_file: authority.caFile } }).consume(gauge());
    await exporter({ endpoint: `https://${endpoint}`, tls: { insecure: true, insecure_skip_verify: true } }).consume(
      gauge(),
    );
    await exporter({ endpoint, tls: { ca_file: authority.caFile, server_name_override: 'server.example' } }).consume(
      gauge(),
    );
    for (const tls of [
      {},
      { ca_file: other.caFile },
      { ca_file: authority.caFile, server_name_override: 'wrong.example' },
    ]) {
      const error = await errorOf(exporter({ endpoint, tls }).consume(gauge()));
      expect(kindOf(error)).toBe('retry');
      expect(error.message).toMatch(/certificate|altnames/);
    }
  });

  test('the server is told the name that is wanted (SNI), but never an address', async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback: (name, reply) => (names.push(name), reply(new Error('No such name.'))),
    });
    server.on('tlsClientError', () => {});
    const port = await listen(server);
    open.push({ stop: async () => void server.close() });
    for (const host of ['localhost', '127.0.0.1'])
      expect(kindOf(await errorOf(exporter({ endpoint: `${host}:${port}` }).consume(gauge())))).toBe('retry');
    const tls = { server_name_override: 'otlp.example' };
    await errorOf(exporter({ endpoint: `127.0.0.1:${port}`, tls }).consume(gauge()));
    expect(names).toEqual(['localhost', 'otlp.example']);
  });

  test('a server without TLS', async () => {
    const server = running(await grpcServer(takes));
    const error = await errorOf(exporter({ endpoint: `127.0.0.1:${server.port}` }).consume(gauge()));
    expect(kindOf(error)).toBe('retry');
    expect(error.message).toContain('set tls.insecure to true');
  });

  test('client certificates, read again at each connection', async () => {
    const server = await grpcServer(takes, { credentials: credentials(authority) });
    const [good, bad] = [authority.issue('client'), other.issue('client')];
    const tls = {
      ca_file: authority.caFile,
      cert_file: authority.file('used.pem'),
      key_file: authority.file('used.key'),
    };
    const use = ({ certFile, keyFile }: { certFile: string; keyFile: string }): void => {
      copyFileSync(certFile, tls.cert_file);
      copyFileSync(keyFile, tls.key_file);
    };
    running(server);
    use(bad);
    const out = exporter({ endpoint: `localhost:${server.port}`, tls });
    await out.start?.();
    expect(kindOf(await errorOf(out.consume(gauge())))).toBe('retry');
    use(good);
    await out.consume(gauge());
  });

  test('certificates as text, versions and cipher suites', async () => {
    const { certFile, keyFile } = authority.issue('server.example');
    const seen: string[] = [];
    const server = createSecureServer({
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ca: readFileSync(authority.caFile),
      requestCert: true,
    });
    server.on('stream', (stream: ServerHttp2Stream) => {
      const socket = stream.session!.socket as TLSSocket;
      seen.push(`${socket.getProtocol()} ${socket.getCipher().standardName} ${socket.authorized}`);
      stream.on('data', () => {}).on('end', () => answer(stream));
    });
    const port = await listen(server);
    open.push({ stop: async () => void server.close() });
    const client = authority.issue('client');
    const tls = {
      ca_pem: readFileSync(authority.caFile, 'utf8'),
      cert_pem: readFileSync(client.certFile, 'utf8'),
      key_pem: readFileSync(client.keyFile, 'utf8'),
    };
    const endpoint = `localhost:${port}`;
    await exporter({ endpoint, tls }).consume(gauge());
    await exporter({ endpoint, tls: { ...tls, max_version: '1.2', include_system_ca_certs_pool: true } }).consume(
      gauge(),
    );
    const cipher_suites = [
      'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
    ] as const;
    for (const suite of cipher_suites)
      await exporter({ endpoint, tls: { ...tls, max_version: '1.2', cipher_suites: [suite] } }).consume(gauge());
    await exporter({ endpoint, tls: { ...tls, min_version: '1.3', cipher_suites } }).consume(gauge());
    expect(seen.map((line) => line.replace(/ TLS_(?!ECDHE_ECDSA_WITH_(CHACHA|AES_128_CBC))\S+/, ' any'))).toEqual([
      'TLSv1.3 any true',
      'TLSv1.2 any true',
      'TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 true',
      'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA true',
      'TLSv1.3 any true',
    ]);
    expect(
      kindOf(await errorOf(exporter({ endpoint, tls: { include_system_ca_certs_pool: true } }).consume(gauge()))),
    ).toBe('retry');
  });

  test('every cipher suite is one that can be had', () => {
    const cipher_suites = otlp.config.properties.tls.properties.cipher_suites.items.enum;
    for (const suite of cipher_suites)
      proveTls(resolveConfig(otlp.config, { endpoint: 'a:1', tls: { cipher_suites: [suite] } }).tls);
  });

  test('files that are not there end the start', async () => {
    const error = await errorOf(exporter({ endpoint: 'localhost:1', tls: { ca_file: '/nowhere/ca.pem' } }).start!());
    expect(kindOf(error)).toBe('permanent');
    expect(describeError(error)).toMatch(/tls\.ca_file cannot be read: ENOENT.*\/nowhere\/ca\.pem/);
  });
});

test('diagnose says whether the server answers', async () => {
  const server = await grpcServer(takes);
  const levels = async (endpoint: string): Promise<string[]> =>
    (await otlp.diagnose!(resolveConfig(otlp.config, { endpoint }))).map(({ level }) => level);
  expect(await levels(`127.0.0.1:${server.port}`)).toEqual(['ok']);
  await server.stop();
  expect(await levels(`127.0.0.1:${server.port}`)).toEqual(['warning']);
  expect(await levels('unix:/run/otlp')).toEqual([]);
});

describe('check', () => {
  const problems = (input: Input): string[] =>
    otlp.check!(resolveConfig(otlp.config, input)).map(({ path, message }) => `${path.join('.')}: ${message}`);
  test.each([
    'localhost:4317',
    'http://10.0.0.1:4317/',
    'https://[::1]:443',
    'dns:///otel.svc:4317',
    'dns://8.8.8.8/o:1',
    'unix:/run/otlp',
    'unix:///run/otlp',
  ])('endpoint %s is fine', (endpoint) => expect(problems({ endpoint })).toEqual([]));
  test.each([
    ['localhost', /^endpoint: The endpoint "localhost" has no port\. Allowed are host:port/],
    ['https://otel.example', /has no port/],
    ['http://otel:4317/v1/metrics', /not one that gRPC can use/],
    ['otel:99999', /not one/],
    ['ftp://otel:21', /not one/],
    ['http://user:pass@otel:4317', /^(?!.*pass).*not one/],
  ])('endpoint %s', (endpoint, want) => expect(problems({ endpoint }).join()).toMatch(want));

  test('headers and files', () => {
    const headers = { 'grpc-timeout': 'v4lue', 'a b': 'v4lue', café: 'v4lue', x: 'v4lueé', te: 'v4lue', 'ok-bin': 'é' };
    const found = problems({ endpoint: 'http://a:1', headers, tls: { ca_file: '/a', key_file: '/b' } }).join('\n');
    expect(found).toMatch(/tls: cert_file and key_file go together/);
    expect(found).toMatch(/endpoint: An http:\/\/ endpoint is never encrypted/);
    expect(found).toMatch(/headers\.grpc-timeout: .*keeps for itself/);
    expect(found).toMatch(/headers\.a b: /);
    expect(found).toMatch(/headers\.x: .*printable ASCII/);
    expect(found).toMatch(/headers\.te: .*set by the exporter/);
    expect(found).not.toMatch(/v4lue|ok-bin/);
  });
});

describe('check of several endpoints, and of what else spans keys', () => {
  const problems = (input: Input): string =>
    otlp.check!(resolveConfig(otlp.config, input))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join();
  test.each<[Input, RegExp]>([
    [{}, /^: endpoint is missing/],
    [{ endpoint: 'a:1', endpoints: ['b:1'] }, /endpoint and endpoints say the same/],
    [{ endpoints: ['a:1', 'a:1'] }, /is there twice/],
    [{ endpoints: ['a:1', 'b'] }, /^endpoints\.1: The endpoint "b" has no port/],
    [{ endpoint: 'a:1', load_balancing: { policy: 'resource' } }, /^load_balancing: There is one endpoint only/],
    [{ endpoint: 'a:1', load_balancing: { resolve: true } }, /^$/],
    [{ endpoints: ['a:1'], load_balancing: { policy: 'trace_id' } }, /^$/],
    [{ endpoint: 'a:1', compression: 'none', compression_params: { level: 3 } }, /Nothing is compressed/],
    [{ endpoint: 'a:1', compression_params: { level: 0 } }, /^compression_params\.level: The level of gzip is 1 to 9/],
    [{ endpoint: 'a:1', compression: 'zstd', compression_params: { level: 30 } }, /The level of zstd is 1 to 22/],
    [{ endpoint: 'a:1', compression: 'zstd', compression_params: { level: 11 } }, /^$/],
    [{ endpoint: 'a:1', tls: { ca_file: 'a', ca_pem: 'b' } }, /^tls: ca_file and ca_pem say the same/],
    [{ endpoint: 'a:1', tls: { cert_pem: 'a' } }, /go together/],
    [{ endpoint: 'a:1', tls: { cert_pem: 'a', key_file: 'b' } }, /^$/],
    [
      { endpoint: 'a:1', tls: { min_version: '1.3', max_version: '1.2' } },
      /max_version 1\.2 is older than min_version 1\.3/,
    ],
  ])('%j', (input, want) => expect(problems(input)).toMatch(want));
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Resolves once the client knows: it answers a ping after it. */
function sendAway(session: ServerHttp2Session): Promise<void> {
  session.goaway();
  return new Promise((resolve) => session.ping(() => resolve()));
}

/** A pipe to the port that can fall silent, as a network does without a word. */
async function silencer(to: number): Promise<{
  port: number;
  silence(): void;
  pass(): void;
  swallowed(): number;
}> {
  const sockets: Socket[] = [];
  let silent = false;
  let swallowed = 0;
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    sockets.push(
      near.on('error', () => {}),
      far.on('error', () => {}),
    );
    near.on('data', (chunk) => (silent ? (swallowed += chunk.length) : far.write(chunk)));
    far.on('data', (chunk) => silent || near.write(chunk));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  const port = await listen(server);
  open.push({
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return { port, silence: () => void (silent = true), pass: () => void (silent = false), swallowed: () => swallowed };
}

import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { heldBytes, PermanentError, RefusedError, ThrottleError } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { decodeStatus, decodeStatusJson } from '@millrace/otlp';
import { afterEach, describe, expect, test } from 'vitest';
import { encodedRequest } from '../../testdata/batches.ts';
import type { HttpReply } from '../../testdata/clients.ts';
import { converse, post } from '../../testdata/clients.ts';
import { startReceiver, stopAll } from '../../testdata/receiver.ts';
import { logsRequest, metricsRequest } from '../../testdata/requests.ts';

afterEach(async () => {
  await stopAll();
  expect(heldBytes()).toBe(0);
});

const request = metricsRequest(3);
const json = Buffer.from(
  '{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]}',
);
const asJson = { headers: { 'content-type': 'application/json' } };
const mib = 1024 * 1024;

const statusOf = ({ headers, body }: HttpReply) =>
  headers['content-type'] === 'application/json' ? decodeStatusJson(body.toString()) : decodeStatus(body);

describe('a request', () => {
  test('in protobuf is answered in protobuf, and its bytes arrive', async () => {
    const { http, batches } = await startReceiver();
    const reply = await post(http, request);
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.alloc(0),
    });
    expect(batches.map((batch) => Buffer.from(encodedRequest(batch)))).toEqual([request]);
  });

  test('in JSON is answered in JSON', async () => {
    const { http, batches } = await startReceiver();
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const reply = await post(http, json, { headers });
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{}'),
    });
    expect(batches).toHaveLength(1);
  });

  test.each([
    ['/v1/logs', logsRequest(), 'logs'],
    ['/v1/traces', Buffer.from([0x0a, 0x00]), undefined],
    ['/v1development/profiles', Buffer.from([0x0a, 0x00]), undefined],
    ['/v1/logs?x=1', logsRequest(), 'logs'],
  ])('to %s', async (path, bytes, signal) => {
    const { http, batches } = await startReceiver();
    expect(await post(http, bytes, { path })).toMatchObject({ status: 200 });
    expect(batches.map((batch) => batch.signal)).toEqual(signal ? [signal] : []);
  });

  test('finds the paths that the config says', async () => {
    const { http } = await startReceiver({ http: { metrics_url_path: '/here' } });
    expect((await post(http, request, { path: '/here' })).status).toBe(200);
    expect((await post(http, request)).status).toBe(404);
  });

  test.each([
    ['gzip', gzipSync(request)],
    ['zstd', zstdCompressSync(request)],
    ['deflate', deflateSync(request)],
    ['zlib', deflateSync(request)],
    ['identity', request],
    ['', request],
  ])('may be compressed with %j', async (encoding, bytes) => {
    const { http, batches } = await startReceiver();
    expect(await post(http, bytes, { headers: { 'content-encoding': encoding } })).toMatchObject({ status: 200 });
    expect(Buffer.from(encodedRequest(batches[0]!))).toEqual(request);
  });

  test('may come in chunks', async () => {
    const { http, batches } = await startReceiver();
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\nconnection: close\r\n';
    const chunks = [...request].map((byte) =>
      Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]),
    );
    const answer = await converse(http, `${head}transfer-encoding: chunked\r\n\r\n`, ...chunks, '0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(Buffer.from(encodedRequest(batches[0]!))).toEqual(request);
  });

  test('that asks whether it may is told before it sends', async () => {
    const { http, batches } = await startReceiver({ http: { max_request_body_size: '1MiB' } });
    const ask = (length: number) => {
      const sent = httpRequest({
        port: http,
        host: '127.0.0.1',
        path: '/v1/metrics',
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/x-protobuf', 'content-length': length, expect: '100-continue' },
      });
      sent.on('error', () => {});
      sent.flushHeaders();
      return sent;
    };
    const welcome = ask(request.length);
    await once(welcome, 'continue');
    welcome.end(request);
    const [response] = (await once(welcome, 'response')) as [{ statusCode: number }];
    expect(response.statusCode).toBe(200);
    expect(batches).toHaveLength(1);

    const large = ask(2 * mib);
    let continued = false;
    large.on('continue', () => (continued = true));
    const [refused] = (await once(large, 'response')) as [{ statusCode: number }];
    expect(refused.statusCode).toBe(413);
    expect(continued).toBe(false);
    large.destroy();
  });
});

describe('what the next one says', () => {
  const cases = [
    ['never', new PermanentError('no'), 500, { code: 13, message: 'no' }, undefined],
    ['full', new RefusedError('full'), 503, { code: 14, message: 'full', retryDelayMs: 1000 }, '1'],
    ['later', new ThrottleError('slow down', 2500), 429, { code: 8, message: 'slow down', retryDelayMs: 2500 }, '3'],
    ['down', new Error('down'), 503, { code: 14, message: 'down' }, undefined],
    ['all of several never', new AggregateError([new PermanentError('a')]), 500, { code: 13 }, undefined],
    [
      'one of several later',
      new AggregateError([new PermanentError('a'), new ThrottleError('b', 0)]),
      429,
      { code: 8 },
      '1',
    ],
  ] as const;
  for (const [format, body, options] of [
    ['protobuf', request, {}],
    ['JSON', json, asJson],
  ] as const)
    test.each(cases)(`%s, in ${format}`, async (_name, error, status, said, retryAfter) => {
      const { http } = await startReceiver({
        next: async () => {
          throw error;
        },
      });
      const reply = await post(http, body, options);
      expect(reply.status).toBe(status);
      expect(reply.headers['retry-after']).toBe(retryAfter);
      expect(statusOf(reply)).toMatchObject(said);
    });
});

describe('what is refused', () => {
  test.each([
    [
      'another path',
      request,
      { path: '/v1/metric' },
      404,
      /There is nothing at this path\. OTLP is taken at \/v1\/metrics, /,
    ],
    ['another method', Buffer.alloc(0), { method: 'GET' }, 405, /Only POST/],
    [
      'another type',
      request,
      { headers: { 'content-type': 'text/plain' } },
      415,
      /allowed are application\/x-protobuf and application\/json/,
    ],
    ['no type', request, { headers: { 'content-type': '' } }, 415, /""/],
  ])('%s, in text', async (_name, body, options, status, message) => {
    const { http } = await startReceiver();
    const reply = await post(http, body, options);
    expect(reply).toMatchObject({ status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(reply.body.toString()).toMatch(message);
    expect(reply.headers['allow']).toBe(status === 405 ? 'POST' : undefined);
  });

  test.each([
    ['bytes that are no protobuf', Buffer.from('hello'), {}, 400, 3],
    ['JSON that is none', Buffer.from('{"resourceMetrics":'), asJson, 400, 3],
    ['JSON of another shape', Buffer.from('{"resourceMetrics":7}'), asJson, 400, 3],
    ['an encoding that is not known', request, { headers: { 'content-encoding': 'br' } }, 415, 3],
    ['two encodings', request, { headers: { 'content-encoding': 'gzip, gzip' } }, 415, 3],
    ['bytes that are no gzip', request, { headers: { 'content-encoding': 'gzip' } }, 400, 3],
    ['half a gzip', gzipSync(request).subarray(0, 40), { headers: { 'content-encoding': 'gzip' } }, 400, 3],
    ['bytes that are no zstd', request, { headers: { 'content-encoding': 'zstd' } }, 400, 3],
    ['bytes that are no zlib', request, { headers: { 'content-encoding': 'deflate' } }, 400, 3],
    ['a large body', Buffer.alloc(mib + 1), {}, 413, 8],
    ['a larger body', Buffer.alloc(30 * mib), {}, 413, 8],
    ['a bomb of gzip', gzipSync(Buffer.alloc(64 * mib)), { headers: { 'content-encoding': 'gzip' } }, 413, 8],
    ['a bomb of zstd', zstdCompressSync(Buffer.alloc(64 * mib)), { headers: { 'content-encoding': 'zstd' } }, 413, 8],
    ['a bomb of zlib', deflateSync(Buffer.alloc(64 * mib)), { headers: { 'content-encoding': 'zlib' } }, 413, 8],
  ])('%s', async (_name, body, options, status, code) => {
    const { http, batches } = await startReceiver({ http: { max_request_body_size: '1MiB' } });
    const reply = await post(http, body, options);
    expect(reply.status).toBe(status);
    expect(statusOf(reply)).toMatchObject({ code, message: expect.stringMatching(/./) });
    expect(batches).toEqual([]);
  });

  test('a large body in chunks is cut', async () => {
    const { http } = await startReceiver({ http: { max_request_body_size: '1MiB' } });
    const sent = httpRequest({
      port: http,
      host: '127.0.0.1',
      path: '/v1/metrics',
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/x-protobuf', 'transfer-encoding': 'chunked' },
    });
    sent.on('error', () => {});
    const response = once(sent, 'response') as Promise<[{ statusCode: number; headers: object }]>;
    for (let written = 0; written < 3 && !sent.destroyed; written++) {
      sent.write(Buffer.alloc(mib / 2 + 1));
      await sleep(5);
    }
    const [{ statusCode, headers }] = await response;
    expect(statusCode).toBe(413);
    expect(headers).toMatchObject({ connection: 'close' });
    sent.destroy();
  });

  test('encodings that the config leaves out', async () => {
    const { http } = await startReceiver({ http: { compression_algorithms: ['gzip'] } });
    expect((await post(http, gzipSync(request), { headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
    const reply = await post(http, request);
    expect(reply.status).toBe(415);
    expect(statusOf(reply).message).toBe('The content-encoding "" is not taken; allowed are gzip.');
  });

  test.each([
    ['HTTP that is none', 'hello\r\n\r\n', 400],
    ['a header that is none', 'POST /v1/metrics HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n', 400],
    ['two lengths', 'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nabc', 400],
    [
      'a length and chunks',
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['headers without end', `POST /v1/metrics HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(20_000)}`, 431],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n', undefined],
  ])('%s ends the connection, and only that', async (_name, bytes, status) => {
    const { http } = await startReceiver();
    const answer = await converse(http, bytes);
    // What is sent to a socket that has been closed resets it, and the answer may go with that.
    expect(['', String(status)]).toContain(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? '');
    expect((await post(http, request)).status).toBe(200);
  });
});

describe('time', () => {
  test('headers that do not come are not waited for', async () => {
    const { http } = await startReceiver({ http: { read_header_timeout: '200ms' } });
    expect(await converse(http, 'POST /v1/metrics HTTP/1.1\r\nhost: a\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('nor a whole request that does not', async () => {
    const { http } = await startReceiver({ http: { read_timeout: '200ms' } });
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 100\r\n\r\n';
    expect(await converse(http, head, 'abc')).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await until(() => heldBytes() === 0);
  });

  test('a sender that stalls is given up', async () => {
    const clock = manualClock();
    const { http } = await startReceiver({ context: { clock } });
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n';
    const answer = converse(http, head, 'abc');
    const done = answer.then(() => true);
    while (!(await Promise.race([done, sleep(5, false)]))) await clock.advance(10_000);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 .*"code":4,"message":"The request did not come in time\."/s);
  });

  test('a sender that goes away aborts the delivery', async () => {
    const gone = Promise.withResolvers<unknown>();
    const { http } = await startReceiver({
      next: (_batch, signal) =>
        new Promise((_resolve, reject) =>
          signal!.addEventListener('abort', () => {
            gone.resolve(signal!.reason);
            reject(signal!.reason as Error);
          }),
        ),
    });
    const sent = httpRequest({
      port: http,
      host: '127.0.0.1',
      path: '/v1/metrics',
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/x-protobuf' },
    });
    sent.on('error', () => {});
    sent.end(request);
    await until(() => heldBytes() > 0);
    sent.destroy();
    expect(await gone.promise).toMatchObject({ message: 'The sender has gone.' });
    await until(() => heldBytes() === 0);
  });

  test('connections that end in the middle leave nothing behind', async () => {
    const { http, batches } = await startReceiver();
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 2000000\r\n\r\n';
    for (let index = 0; index < 10; index++) {
      const socket = connect(http, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(head);
      socket.write(Buffer.alloc(1_000_000));
      await until(() => heldBytes() > 0);
      socket.destroy();
      await until(() => heldBytes() === 0);
    }
    expect(batches).toEqual([]);
  });
});

describe('connections', () => {
  const twice = `${'POST /v1/logs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'.repeat(2)}`;

  test('are kept', async () => {
    const { http } = await startReceiver({ http: { idle_timeout: '1s' } });
    expect((await converse(http, twice)).match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  test('are not kept where the config says so', async () => {
    const { http } = await startReceiver({ http: { keep_alives_enabled: false } });
    const answer = await converse(http, twice);
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(1);
    expect(answer).toMatch(/connection: close/i);
  });

  test('are kept after a small body that was refused', async () => {
    const { http } = await startReceiver({ http: { idle_timeout: '1s' } });
    const answer = await converse(http, twice.replace('/v1/logs', '/v1/log'));
    expect(answer.match(/HTTP\/1\.1 \d+ /g)).toEqual(['HTTP/1.1 404 ', 'HTTP/1.1 200 ']);
  });
});

test('answers have the headers that the config says', async () => {
  const { http } = await startReceiver({ http: { response_headers: { 'X-Gateway': 'a' } } });
  expect((await post(http, request)).headers).toMatchObject({ 'x-gateway': 'a' });
  expect((await post(http, request, { path: '/' })).headers).toMatchObject({ 'x-gateway': 'a' });
});

describe('CORS', () => {
  const cors = {
    allowed_origins: ['https://*.example.com', 'http://localhost:3000'],
    allowed_headers: ['X-Tenant'],
    exposed_headers: ['x-gateway'],
    max_age: 7200,
  };
  const preflight = (port: number, origin: string, headers = '') =>
    post(port, Buffer.alloc(0), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        ...(headers && { 'access-control-request-headers': headers }),
      },
    });

  test.each([
    ['https://shop.example.com', 'content-type, x-tenant', true],
    ['http://localhost:3000', '', true],
    ['https://example.com', '', false],
    ['https://shop.example.com.evil.org', '', false],
    ['http://shop.example.com', '', false],
    ['https://shop.example.com', 'content-type, x-other', false],
  ])('a page of %s that wants to send %j: %s', async (origin, headers, allowed) => {
    const { http } = await startReceiver({ http: { cors } });
    const reply = await preflight(http, origin, headers);
    expect(reply.status).toBe(204);
    expect(reply.headers['access-control-allow-origin']).toBe(allowed ? origin : undefined);
    expect(reply.headers['access-control-allow-methods']).toBe(allowed ? 'POST' : undefined);
    expect(reply.headers['access-control-max-age']).toBe(allowed ? '7200' : undefined);
    if (allowed && headers) expect(reply.headers['access-control-allow-headers']).toBe(headers);
  });

  test('the answers to requests say it too', async () => {
    const { http } = await startReceiver({ http: { cors } });
    const reply = await post(http, request, { headers: { origin: 'https://a.example.com' } });
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-gateway',
      vary: 'Origin',
    });
    const other = await post(http, request, { headers: { origin: 'https://evil.org' } });
    expect(other.status).toBe(200);
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('any origin, without credentials, and any header', async () => {
    const { http } = await startReceiver({ http: { cors: { allowed_origins: ['*'], allowed_headers: ['*'] } } });
    const { headers } = await preflight(http, 'https://evil.org', 'x-any');
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-allow-headers': 'x-any' });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('without cors there is none', async () => {
    const { http } = await startReceiver();
    const reply = await preflight(http, 'https://shop.example.com');
    expect(reply.status).toBe(405);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

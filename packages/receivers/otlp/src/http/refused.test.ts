import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { beginPost, converse, post, statusOf } from '../../testdata/clients.ts';
import { startReceiver, stopAllClean } from '../../testdata/receiver.ts';
import { asJson, metricsRequest } from '../../testdata/requests.ts';

afterEach(stopAllClean);

const request = metricsRequest(3);
const mib = 1024 * 1024;

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
    const sent = beginPost(http, { 'transfer-encoding': 'chunked' });
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

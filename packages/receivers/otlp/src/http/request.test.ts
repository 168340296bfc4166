import { once } from 'node:events';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { encodedRequest } from '../../testdata/batches.ts';
import { beginPost, converse, post } from '../../testdata/clients.ts';
import { startReceiver, stopAllClean } from '../../testdata/receiver.ts';
import { jsonRequest, logsRequest, metricsRequest } from '../../testdata/requests.ts';

afterEach(stopAllClean);

const request = metricsRequest(3);
const mib = 1024 * 1024;

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
    const reply = await post(http, jsonRequest, { headers });
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
      const sent = beginPost(http, { 'content-length': length, expect: '100-continue' });
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

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeMessage, parseTimeout } from '@millrace/server';
import { encodedRequest } from '../../testdata/batches.ts';
import { byteSize, heldBytes, PermanentError, RefusedError, ThrottleError } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { closeClients, converse, frame, grpcClient, metricsPath, replyOf } from '../../testdata/clients.ts';
import { soon, startReceiver, stopAll } from '../../testdata/receiver.ts';
import { logsRequest, metricsRequest } from '../../testdata/requests.ts';

afterEach(async () => {
  await closeClients();
  await stopAll();
  expect(heldBytes()).toBe(0);
});

const request = metricsRequest(3);
const mib = 1024 * 1024;

describe('a request', () => {
  test('that is taken gets an answer with one message, and its bytes arrive', async () => {
    const { grpc, batches } = await startReceiver();
    const client = await grpcClient(grpc);
    const reply = await client.call(frame(request), { 'content-type': 'application/grpc+proto' });
    expect(reply).toMatchObject({ status: 0, trailersOnly: false, body: Buffer.alloc(5) });
    expect(reply.headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' });
    expect(batches.map((batch) => Buffer.from(encodedRequest(batch)))).toEqual([request]);
  });

  test.each([
    ['Logs', 'v1', logsRequest()],
    ['Trace', 'v1', Buffer.from([0x0a, 0x00])],
    ['Profiles', 'v1development', Buffer.from([0x0a, 0x00])],
  ])('of %s has its own service', async (name, version, bytes) => {
    const { grpc } = await startReceiver();
    const client = await grpcClient(grpc);
    const path = `/opentelemetry.proto.collector.${name.toLowerCase()}.${version}.${name}Service/Export`;
    expect(await client.call(frame(bytes), { ':path': path })).toMatchObject({ status: 0 });
  });

  test('without anything in it is taken, and nobody is bothered', async () => {
    const { grpc, batches } = await startReceiver();
    const client = await grpcClient(grpc);
    expect(await client.call(frame(Buffer.alloc(0)))).toMatchObject({ status: 0 });
    expect(batches).toEqual([]);
  });

  test.each([
    ['gzip', gzipSync(request)],
    ['zstd', zstdCompressSync(request)],
    ['deflate', deflateSync(request)],
  ])('may be compressed with %s', async (encoding, bytes) => {
    const { grpc, batches } = await startReceiver();
    const client = await grpcClient(grpc);
    expect(await client.call(frame(bytes, 1), { 'grpc-encoding': encoding })).toMatchObject({ status: 0 });
    expect(await client.call(frame(request), { 'grpc-encoding': encoding })).toMatchObject({ status: 0 });
    expect(batches.map((batch) => Buffer.from(encodedRequest(batch)))).toEqual([request, request]);
  });

  test('may come in any pieces', async () => {
    const { grpc, batches } = await startReceiver();
    const client = await grpcClient(grpc);
    const whole = frame(metricsRequest(200));
    for (const cuts of [[1], [2, 3, 4], [5], [6, 4000], [4, 5000, 5001, 9100], [...whole.keys()].slice(1, 600)]) {
      const parts = [0, ...cuts].map((from, index) => whole.subarray(from, cuts[index] ?? whole.length));
      expect(await client.call(parts)).toMatchObject({ status: 0 });
    }
    expect(batches.map((batch) => Buffer.compare(encodedRequest(batch), whole.subarray(5)))).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
  });

  test('is answered only when its next owner has it', async () => {
    const taken = Promise.withResolvers<void>();
    const { grpc } = await startReceiver({ next: () => taken.promise });
    const client = await grpcClient(grpc);
    let answered = false;
    const reply = client.call(frame(request)).then((value) => {
      answered = true;
      return value;
    });
    await expect.poll(heldBytes, soon).toBe(request.length);
    await sleep(20);
    expect(answered).toBe(false);
    taken.resolve();
    expect(await reply).toMatchObject({ status: 0 });
    expect(heldBytes()).toBe(0);
  });
});

describe('what the next one says', () => {
  test.each([
    ['never', new PermanentError('no'), { status: 13, message: 'no', details: undefined }],
    [
      'full',
      new RefusedError('the queue is full'),
      { status: 14, message: 'the queue is full', details: { code: 14, retryDelayMs: 1000 } },
    ],
    [
      'later',
      new ThrottleError('slow down', 2500),
      { status: 8, details: { code: 8, message: 'slow down', retryDelayMs: 2500 } },
    ],
    ['down', new Error('50 % of ünknown\n'), { status: 14, message: '50 % of ünknown\n', details: undefined }],
    [
      'all of several never',
      new AggregateError([new PermanentError('a'), new PermanentError('b')]),
      { status: 13, message: 'a; b' },
    ],
    [
      'some of several later',
      new AggregateError([
        new PermanentError('a'),
        new AggregateError([new ThrottleError('b', 10), new ThrottleError('c', 7000), new RefusedError('d')]),
      ]),
      { status: 8, details: { retryDelayMs: 7000 } },
    ],
    [
      'one of several full',
      new AggregateError([new PermanentError('a'), new RefusedError('b')]),
      { status: 14, details: { retryDelayMs: 1000 } },
    ],
  ])('%s', async (_name, error, want) => {
    const { grpc } = await startReceiver({
      next: async () => {
        throw error;
      },
    });
    const client = await grpcClient(grpc);
    expect(await client.call(frame(request))).toMatchObject({ trailersOnly: true, body: Buffer.alloc(0), ...want });
  });
});

describe('what is refused', () => {
  test.each([
    ['another method', frame(request), { ':method': 'GET' }, { headers: { ':status': 405, allow: 'POST' } }],
    ['no content-type', frame(request), { 'content-type': 'text/plain' }, { headers: { ':status': 415 } }],
    ['gRPC-Web', frame(request), { 'content-type': 'application/grpc-web' }, { headers: { ':status': 415 } }],
    ['JSON', frame(request), { 'content-type': 'application/grpc+json' }, { headers: { ':status': 415 } }],
    [
      'an unknown method',
      frame(request),
      { ':path': `${metricsPath}s` },
      { status: 12, message: `There is no method ${metricsPath}s here.` },
    ],
    [
      'an unknown encoding',
      frame(request, 1),
      { 'grpc-encoding': 'snappy' },
      { status: 12, headers: { 'grpc-accept-encoding': 'identity,gzip,zstd,deflate' } },
    ],
    ['a flag without an encoding', frame(request, 1), {}, { status: 13 }],
    ['a flag with no encoding', frame(request, 1), { 'grpc-encoding': 'identity' }, { status: 13 }],
    ['another flag', frame(request, 2), {}, { status: 13 }],
    ['bytes that are no protobuf', frame(Buffer.from('hello')), {}, { status: 3 }],
    [
      'bytes that are no gzip',
      frame(request, 1),
      { 'grpc-encoding': 'gzip' },
      { status: 13, message: /^The request is not gzip: / },
    ],
    ['half a gzip', frame(gzipSync(request).subarray(0, 40), 1), { 'grpc-encoding': 'gzip' }, { status: 13 }],
    ['bytes that are no zstd', frame(request, 1), { 'grpc-encoding': 'zstd' }, { status: 13 }],
    ['no message', Buffer.alloc(0), {}, { status: 13, message: 'The call has no message.' }],
    ['half a prefix', Buffer.alloc(3), {}, { status: 13, message: 'The message is cut off.' }],
    ['half a message', frame(request).subarray(0, 30), {}, { status: 13, message: 'The message is cut off.' }],
    ['two messages', Buffer.concat([frame(request), frame(request)]), {}, { status: 13, message: /has more/ }],
    ['a byte too many', Buffer.concat([frame(request), Buffer.alloc(1)]), {}, { status: 13, message: /has more/ }],
    ['a timeout that is none', frame(request), { 'grpc-timeout': '1s' }, { status: 13 }],
    ['a large message', frame(Buffer.alloc(4 * mib + 1)), {}, { status: 8, details: undefined }],
    ['a bomb of gzip', frame(gzipSync(Buffer.alloc(64 * mib)), 1), { 'grpc-encoding': 'gzip' }, { status: 8 }],
    ['a bomb of zstd', frame(zstdCompressSync(Buffer.alloc(64 * mib)), 1), { 'grpc-encoding': 'zstd' }, { status: 8 }],
    ['a bomb of deflate', frame(deflateSync(Buffer.alloc(64 * mib)), 1), { 'grpc-encoding': 'deflate' }, { status: 8 }],
  ])('%s', async (_name, body, headers, want) => {
    const { grpc, batches } = await startReceiver();
    const client = await grpcClient(grpc);
    const reply = await client.call(body as Buffer, headers);
    const { message, ...rest } = want as { message?: string | RegExp };
    expect(reply).toMatchObject(rest);
    if (message instanceof RegExp) expect(reply.message).toMatch(message);
    else if (message) expect(reply.message).toBe(message);
    expect(batches).toEqual([]);
    // The connection goes on.
    expect(await client.call(frame(request))).toMatchObject({ status: 0 });
    expect(byteSize(batches[0]!)).toBe(request.length);
  });

  test('a message above the limit is not waited for', async () => {
    const { grpc } = await startReceiver({ grpc: { max_recv_msg_size_mib: 1 } });
    const client = await grpcClient(grpc);
    const stream = client.open();
    const reply = replyOf(stream);
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    expect(await reply).toMatchObject({
      status: 8,
      message: 'The request has more than the 1048576 bytes that are allowed.',
    });
    const most = Buffer.concat([Buffer.from([0x12, ...varint(mib - 4)]), Buffer.alloc(mib - 4)]);
    expect(most.length).toBe(mib);
    expect(await client.call(frame(most))).toMatchObject({ status: 0 });
  });

  test('many calls with bodies that nobody reads leave the connection its window', async () => {
    const { grpc } = await startReceiver();
    const client = await grpcClient(grpc);
    const large = frame(Buffer.alloc(5 * mib));
    for (let index = 0; index < 30; index++) expect(await client.call(large)).toMatchObject({ status: 8 });
    expect(await client.call(frame(metricsRequest(10_000)))).toMatchObject({ status: 0 });
  });

  test('what does not speak HTTP/2 is hung up on', async () => {
    const { grpc } = await startReceiver();
    await converse(grpc, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await converse(grpc, Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...Array.from({ length: 60 }, () => 0)]));
    const client = await grpcClient(grpc);
    expect(await client.call(frame(request))).toMatchObject({ status: 0 });
  });

  test('frames that HTTP/2 does not allow end the connection, and only that', async () => {
    const { grpc } = await startReceiver();
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    for (const bad of [
      Buffer.from([0, 0, 1, 0, 0, 0, 0, 0, 0, 1]), // DATA on stream 0
      Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]), // a frame of 16 MiB
      Buffer.from([0, 0, 4, 1, 4, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), // headers that are no HPACK
      Buffer.from([0, 0, 0, 9, 0, 0, 0, 0, 1]), // CONTINUATION of nothing
    ])
      await converse(grpc, preface, settings, bad);
    const client = await grpcClient(grpc);
    expect(await client.call(frame(request))).toMatchObject({ status: 0 });
  });
});

describe('time', () => {
  test('a deadline that passes aborts the delivery', async () => {
    const clock = manualClock();
    let reason: unknown;
    const { grpc } = await startReceiver({
      context: { clock },
      next: (_batch, signal) =>
        new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => {
            reason = signal!.reason;
            reject(signal!.reason as Error);
          });
        }),
    });
    const client = await grpcClient(grpc);
    const reply = client.call(frame(request), { 'grpc-timeout': '3S' });
    await expect.poll(heldBytes, soon).toBeGreaterThan(0);
    await clock.advance(2900);
    expect(reason).toBeUndefined();
    await clock.advance(200);
    expect(await reply).toMatchObject({ status: 4, message: 'The deadline has passed.' });
    expect(reason).toBeInstanceOf(Error);
  });

  test('a next one that does not heed the deadline holds nobody up', async () => {
    const clock = manualClock();
    const taken = Promise.withResolvers<void>();
    const { grpc } = await startReceiver({ context: { clock }, next: () => taken.promise });
    const client = await grpcClient(grpc);
    const reply = client.call(frame(request), { 'grpc-timeout': '50m' });
    await expect.poll(heldBytes, soon).toBeGreaterThan(0);
    await clock.advance(200);
    expect(await reply).toMatchObject({ status: 4 });
    taken.resolve();
    await expect.poll(heldBytes, soon).toBe(0);
  });

  test('a sender that stalls is given up', async () => {
    const clock = manualClock();
    const { grpc } = await startReceiver({
      context: { clock },
      grpc: { keepalive: { server_parameters: { time: '0s' } } },
    });
    const client = await grpcClient(grpc);
    const stream = client.open();
    const reply = replyOf(stream);
    stream.write(frame(request).subarray(0, 20));
    await client.call(frame(request)); // what went before has come
    await clock.advance(59_000);
    expect(stream.closed).toBe(false);
    await clock.advance(1200);
    expect(await reply).toMatchObject({ status: 4, message: 'The request did not come in time.' });
  });

  test('a sender that drips is given up too', async () => {
    const clock = manualClock();
    const { grpc } = await startReceiver({
      context: { clock },
      grpc: { keepalive: { server_parameters: { time: '0s' } } },
    });
    const client = await grpcClient(grpc);
    const stream = client.open();
    const reply = replyOf(stream);
    for (let index = 0; index < 20 && !stream.closed; index++) {
      stream.write(frame(request).subarray(index, index + 1));
      await client.call(frame(request));
      await clock.advance(20_000);
    }
    expect(await reply).toMatchObject({ status: 4 });
  });

  test('a sender that goes away aborts the delivery', async () => {
    const gone = Promise.withResolvers<unknown>();
    const { grpc } = await startReceiver({
      next: (_batch, signal) =>
        new Promise((_resolve, reject) =>
          signal!.addEventListener('abort', () => {
            gone.resolve(signal!.reason);
            reject(signal!.reason as Error);
          }),
        ),
    });
    const client = await grpcClient(grpc);
    const stream = client.open();
    stream.end(frame(request));
    await expect.poll(heldBytes, soon).toBeGreaterThan(0);
    stream.close(8);
    expect(await gone.promise).toMatchObject({ message: 'The sender has gone.' });
    await expect.poll(heldBytes, soon).toBe(0);
  });

  test('connections that end in the middle leave nothing behind', async () => {
    const { grpc, batches } = await startReceiver();
    for (let index = 0; index < 10; index++) {
      const client = await grpcClient(grpc);
      client.open().write(frame(metricsRequest(20_000)).subarray(0, 400_000));
      await once(client.session, 'localSettings').catch(() => {});
      await expect.poll(heldBytes, soon).toBeGreaterThan(0);
      await client.close();
      await expect.poll(heldBytes, soon).toBe(0);
    }
    expect(batches).toEqual([]);
  });
});

test.each([
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['99999999S', 99_999_999_000],
  ['5m', 5],
  ['5u', 0.005],
  ['1n', 1e-6],
])('grpc-timeout %s', (text, ms) => expect(parseTimeout(text)).toBeCloseTo(ms, 9));

test.each(['', '5', 'S', '123456789S', '1.5S', '-1S', '5h', ' 5S'])('grpc-timeout %j is none', (text) =>
  expect(() => parseTimeout(text)).toThrow(/grpc-timeout/),
);

test('grpc-message is percent-encoded, and not without end', () => {
  expect(encodeMessage('a%b\ncé€')).toBe('a%25b%0Ac%C3%A9%E2%82%AC');
  expect(encodeMessage('x'.repeat(5000)).length).toBeLessThan(1100);
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

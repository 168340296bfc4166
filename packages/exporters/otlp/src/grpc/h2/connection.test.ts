import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerHttp2Session, Settings } from 'node:http2';
import { createServer } from 'node:http2';
import type { Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { connectTo, postTo } from '../../../testdata/h2.ts';
import { listen } from '../../../testdata/servers.ts';
import { flag, frame, frameType, settingsFrame, uint32 } from './frames.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop();
});

const digest = (chunks: readonly Uint8Array[]): string => {
  const hash = createHash('sha1');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

/** Answers with the digest of what it got, and gives room slowly. */
async function digesting(settings: Settings): Promise<number> {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer({ settings });
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    const hash = createHash('sha1');
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => hash.update(chunk));
    stream.on('end', () => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(hash.digest('hex'));
    });
  });
  const port = await listen(server);
  open.push(async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  });
  return port;
}

test.each<[string, Settings]>([
  ['as it comes', {}],
  ['with a window of 1 byte', { initialWindowSize: 1 }],
  ['with a small window and few at once', { initialWindowSize: 1000, maxConcurrentStreams: 3 }],
  ['with great frames', { initialWindowSize: 1 << 24, maxFrameSize: 1 << 20 }],
])('bodies of every size arrive whole, %s', async (_name, settings) => {
  const connection = await connectTo(await digesting(settings));
  const most = settings.initialWindowSize === 1 ? 300 : 150_000;
  const requests = Array.from({ length: 60 }, (_, index) => {
    const sizes = Array.from({ length: (index * 7) % 5 }, (_chunk, at) => ((index + 1) * (at + 3) * 7919) % most);
    const chunks = [Buffer.from([index]), ...sizes.map((size) => Buffer.alloc(size, index))];
    return { block: postTo(`/${index}`), chunks, bytes: chunks.reduce((sum, { length }) => sum + length, 0) };
  });
  const outcomes = await Promise.all(requests.map((request) => connection.send(request)));
  expect(outcomes.map(({ body }) => Buffer.concat(body).toString())).toEqual(
    requests.map(({ chunks }) => digest(chunks)),
  );
  for (const { headers, trailers, failure, refused } of outcomes)
    expect([headers?.[':status'], trailers?.['grpc-status'], failure, refused]).toEqual(['200', '0', undefined, false]);
  connection.close();
  expect(await connection.ended).toBeUndefined();
});

test('headers that do not fit into one frame', async () => {
  const connection = await connectTo(await digesting({}));
  const block = Buffer.concat([
    postTo('/'),
    ...Array.from({ length: 12 }, (_, index) =>
      Buffer.concat([
        Buffer.from([0x00, 3]),
        Buffer.from(`x-${'abcdefghijkl'[index]}`),
        Buffer.from([0x7f, 0x81, 0x0e]),
        Buffer.alloc(1920, 'v'),
      ]),
    ),
  ]);
  expect(block.length).toBeGreaterThan(16_384);
  const outcome = await connection.send({ block, chunks: [Buffer.from('x')], bytes: 1 });
  expect(outcome.headers?.[':status']).toBe('200');
  connection.close();
});

/** A server that says what the test wants once a request has begun. */
async function saying(...answers: readonly Buffer[]): Promise<number> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    let said = false;
    let bytes = 0;
    socket.write(settingsFrame({}));
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      // The preface, settings, and room take 24 + 27 + 13 bytes.
      if (said || bytes < 80) return;
      said = true;
      for (const answer of answers) socket.write(answer);
    });
  });
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return listen(server);
}

const request = { block: postTo('/'), chunks: [Buffer.from('hello')], bytes: 5 };
const ok = Buffer.from([0x88]);
const headers = (flags: number, block: Buffer = ok): Buffer =>
  frame({ type: frameType.headers, flags, stream: 1 }, block);

describe('what a server may say', () => {
  test.each<[string, Buffer[], object]>([
    [
      'padding and a priority',
      [frame({ type: 1, flags: 0x2d, stream: 1 }, Buffer.from([2, 0, 0, 0, 0, 9, 0x88, 0, 0]))],
      { headers: { ':status': '200' } },
    ],
    [
      'headers in pieces',
      [
        headers(flag.endStream, Buffer.alloc(0)),
        frame({ type: frameType.continuation, flags: flag.endHeaders, stream: 1 }, ok),
      ],
      { headers: { ':status': '200' } },
    ],
    [
      '100 first',
      [headers(flag.endHeaders, Buffer.from([0x08, 3, 0x31, 0x30, 0x30])), headers(flag.endHeaders | flag.endStream)],
      { headers: { ':status': '200' } },
    ],
    [
      'frames that nobody knows',
      [frame({ type: 0x2f, stream: 1 }, Buffer.alloc(9)), headers(0x5)],
      { headers: { ':status': '200' } },
    ],
    [
      'an answer to nobody',
      [frame({ type: frameType.headers, flags: 0x5, stream: 7 }, ok), headers(0x5)],
      { headers: { ':status': '200' } },
    ],
    ['a refusal', [frame({ type: frameType.reset, stream: 1 }, uint32(7))], { refused: true }],
    [
      'a refusal after the headers',
      [headers(flag.endHeaders), frame({ type: frameType.reset, stream: 1 }, uint32(7))],
      { refused: false, failure: expect.any(Error) as Error },
    ],
    ['go away', [frame({ type: frameType.goAway }, uint32(0, 0))], { refused: true }],
    [
      'go away after this one',
      [frame({ type: frameType.goAway }, uint32(1, 0)), headers(0x5)],
      { refused: false, headers: { ':status': '200' } },
    ],
  ])('%s', async (_name, answers, want) => {
    const connection = await connectTo(await saying(...answers));
    const outcome = await connection.send(request);
    expect({ ...outcome, headers: outcome.headers && { ...outcome.headers } }).toMatchObject(want);
    connection.destroy();
  });
});

describe('what a server may not say', () => {
  const great = Buffer.alloc(9);
  great.writeUIntBE(16_385, 0, 3);
  test.each<[string, Buffer, RegExp]>([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /no HTTP\/2 at all/],
    ['a frame that is too great', great, /16385 bytes/],
    ['headers that are none', headers(0x5, Buffer.from([0xbe])), /entry 62/],
    [
      'headers that are cut',
      Buffer.concat([headers(0), frame({ type: frameType.data, stream: 1 }, ok)]),
      /Headers were cut/,
    ],
    ['headers that go on alone', frame({ type: frameType.continuation, stream: 1 }, ok), /did not begin/],
    [
      'endless headers',
      Buffer.concat([
        headers(0),
        ...Array.from({ length: 5 }, () => frame({ type: frameType.continuation, stream: 1 }, Buffer.alloc(16_384))),
      ]),
      /more than 65536 bytes/,
    ],
    [
      'more padding than content',
      frame({ type: frameType.data, flags: flag.padded, stream: 1 }, Buffer.from([9])),
      /padding/,
    ],
    ['a push', frame({ type: frameType.pushPromise, stream: 1 }, uint32(2)), /pushes/],
    ['a window that is too great', settingsFrame({ 4: 2 ** 31 }), /window/],
    ['frames of no size', settingsFrame({ 5: 1 }), /wrong size/],
    ['half a frame', frame({ type: frameType.reset, stream: 1 }, Buffer.alloc(1)), /Protocol error/],
    ['half a setting', frame({ type: frameType.settings }, Buffer.alloc(5)), /Protocol error/],
  ])('%s', async (_name, bytes, want) => {
    const connection = await connectTo(await saying(bytes));
    const outcome = await connection.send(request);
    expect(outcome).toMatchObject({ refused: false, headers: undefined });
    expect(outcome.failure?.message).toMatch(want);
    expect((await connection.ended)?.message).toMatch(want);
    expect([connection.closed, connection.destroyed]).toEqual([true, true]);
  });
});

test('garbage of every kind ends the connection or leaves it as it is, and nothing else', async () => {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 150; round++) {
    const frames = Array.from({ length: 6 }, () =>
      frame(
        { type: random(11), flags: random(256), stream: random(3) },
        Buffer.from(Array.from({ length: random(40) }, () => random(256))),
      ),
    );
    const connection = await connectTo(await saying(...frames));
    const outcome = connection.send(request);
    await Promise.race([outcome, connection.ended, new Promise((resolve) => setTimeout(resolve, 5))]);
    connection.destroy();
    await connection.ended;
    await outcome;
  }
});

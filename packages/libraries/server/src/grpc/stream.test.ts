import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect as connectHttp2, constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { Client, credentials } from '@grpc/grpc-js';
import { PermanentError, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createAdmission } from '../admission.ts';
import type { RunningServer } from '../running-server.ts';
import { grpcProperties } from './config.ts';
import type { HttpBeside } from './http-beside.ts';
import type { StreamMethod } from './server.ts';
import { startGrpc } from './server.ts';

const config = resolveConfig(
  { properties: { endpoint: { type: 'string', description: 'Where.' }, ...grpcProperties }, required: ['endpoint'] },
  { endpoint: '127.0.0.1:0' },
);

const running = new Set<RunningServer>();
const clients = new Set<Client>();
const sessions = new Set<ClientHttp2Session>();
afterEach(async () => {
  for (const client of clients) client.close();
  clients.clear();
  for (const session of sessions) session.destroy();
  sessions.clear();
  await Promise.all([...running].map((server) => server.close(AbortSignal.timeout(500))));
  running.clear();
});

async function start(method: StreamMethod, http?: HttpBeside): Promise<RunningServer & { readonly port: number }> {
  const context = testContext({ clock: systemClock });
  const server = await startGrpc(config, {
    context,
    admission: createAdmission(config, context),
    methods: new Map([['/test.Test/Echo', async ({ bytes }) => bytes]]),
    streams: new Map([['/test.Test/Stream', method]]),
    ...(http && { http }),
  });
  running.add(server);
  return { ...server, port: Number(server.address.split(':').pop()) };
}

const same = (bytes: Buffer): Buffer => bytes;

function call(port: number, options: object = {}): ClientReadableStream<Buffer> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.add(client);
  return client.makeServerStreamRequest('/test.Test/Stream', same, same, Buffer.from('hello'), options);
}

async function collect(stream: ClientReadableStream<Buffer>): Promise<{ messages: string[]; error?: ServiceError }> {
  const messages: string[] = [];
  try {
    for await (const message of stream) messages.push((message as Buffer).toString());
    return { messages };
  } catch (error) {
    return { messages, error: error as ServiceError };
  }
}

describe('a method that streams', () => {
  test('sends its messages, in order, and ends well', async () => {
    const { port } = await start(async ({ bytes }, replies) => {
      for (let index = 0; index < 1000; index++)
        if (!replies.write(Buffer.from(`${Buffer.from(bytes).toString()} ${index} ${'x'.repeat(index)}`)))
          await replies.ready();
    });
    const { messages, error } = await collect(call(port));
    expect(error).toBeUndefined();
    expect(messages).toHaveLength(1000);
    expect(messages.map((message) => message.split(' ', 2)[1])).toEqual(
      Array.from({ length: 1000 }, (_, index) => `${index}`),
    );
  });

  test('may send nothing, and an empty message', async () => {
    const none = await start(async () => {});
    expect(await collect(call(none.port))).toEqual({ messages: [] });
    const empty = await start(async (_message, replies) => void replies.write(new Uint8Array()));
    expect(await collect(call(empty.port))).toEqual({ messages: [''] });
  });

  test('tells what ails it after its messages', async () => {
    const { port } = await start(async (_message, replies) => {
      replies.write(Buffer.from('one'));
      throw new PermanentError('höher geht’s nicht');
    });
    const { messages, error } = await collect(call(port));
    expect(messages).toEqual(['one']);
    expect(error).toMatchObject({ code: 13, details: 'höher geht’s nicht' });
  });

  test('hears that its peer has cancelled', async () => {
    const reasons = Promise.withResolvers<unknown>();
    const { port } = await start(async (_message, replies, aborted) => {
      replies.write(Buffer.from('one'));
      await once(aborted, 'abort');
      reasons.resolve(aborted.reason);
      expect(replies.write(Buffer.from('two'))).toBe(false);
      await replies.ready();
    });
    const stream = call(port);
    stream.on('error', () => {});
    await once(stream, 'data');
    stream.cancel();
    expect(await reasons.promise).toMatchObject({ code: 1, message: 'The sender has gone.' });
  });

  test('ends when its deadline has passed', async () => {
    const { port } = await start(async (_message, _replies, aborted) => void (await once(aborted, 'abort')));
    const { error } = await collect(call(port, { deadline: Date.now() + 200 }));
    expect(error).toMatchObject({ code: 4 });
  });

  test('ends with the server, and its peer is told to come back', async () => {
    const server = await start(async (_message, replies, aborted) => {
      replies.write(Buffer.from('one'));
      await once(aborted, 'abort');
    });
    const stream = call(server.port);
    const collected = collect(stream);
    await sleep(100);
    const began = Date.now();
    await server.close(AbortSignal.timeout(5000));
    expect(Date.now() - began).toBeLessThan(2000);
    const { messages, error } = await collected;
    expect(messages).toEqual(['one']);
    expect(error).toMatchObject({ code: 14, details: 'The server is shutting down.' });
  });
});

/** gRPC for JavaScript reads ahead without an end; this reads when it is told to. */
async function callSlowly(port: number): Promise<ClientHttp2Stream> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  sessions.add(session);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/test.Test/Stream',
    'content-type': 'application/grpc',
  });
  stream.on('error', () => {});
  stream.end(Buffer.from([0, 0, 0, 0, 1, 65]));
  await once(stream, 'response');
  return stream;
}

describe('a peer that does not read', () => {
  const message = Buffer.alloc(50_000, 'x');

  test('is seen, and nothing more is written than it takes', async () => {
    let written = 0;
    const { port } = await start(async (_message, replies, aborted) => {
      while (!aborted.aborted) {
        written++;
        if (!replies.write(message)) await replies.ready();
      }
    });
    const stream = await callSlowly(port);
    await sleep(300);
    const stuck = written;
    // Its window of 64 KiB, the stream's own buffer of as much, and the message that passed it.
    expect(stuck).toBeLessThanOrEqual(4);
    await sleep(100);
    expect(written).toBe(stuck);
    stream.resume();
    await until(() => written > stuck + 100);
    stream.close();
  });

  test('is cut some time after the end that it does not take', async () => {
    const ended = Promise.withResolvers<void>();
    const { port } = await start(async (_message, replies) => {
      for (let index = 0; index < 10; index++) replies.write(message);
      ended.resolve();
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stream = await callSlowly(port);
      await ended.promise;
      await new Promise((resolve) => setImmediate(resolve));
      expect(vi.getTimerCount()).toBe(1);
      const closed = once(stream, 'close');
      vi.advanceTimersByTime(10_000);
      stream.resume();
      await closed;
      expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
    } finally {
      vi.useRealTimers();
    }
  });

  test('does not hold up the end', async () => {
    const server = await start(async (_message, replies, aborted) => {
      while (!aborted.aborted) if (!replies.write(message)) await replies.ready();
    });
    await callSlowly(server.port);
    const began = Date.now();
    await server.close(AbortSignal.timeout(300));
    expect(Date.now() - began).toBeLessThan(2000);
  });
});

describe('HTTP/1.1 beside', () => {
  const http: HttpBeside = {
    options: {},
    listener: (request, response) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => response.end(`${request.method} ${request.url} ${size}`));
    },
  };
  const stream: StreamMethod = async (_message, replies) => void replies.write(Buffer.from('one'));

  const post = (port: number, body: Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest({ host: '127.0.0.1', port, path: '/a', method: 'POST' }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      });
      sent.on('error', reject);
      sent.end(body);
    });

  test('both are taken on one port', async () => {
    const { port } = await start(stream, http);
    for (let round = 0; round < 3; round++) {
      expect(await post(port, Buffer.alloc(300_000))).toBe('POST /a 300000');
      expect(await collect(call(port))).toEqual({ messages: ['one'] });
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/x`)).text()).toBe('GET /x 0');
  });

  test('byte by byte', async () => {
    const { port } = await start(stream, http);
    const socket = connect(port, '127.0.0.1').setNoDelay();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    for (const byte of 'PUT /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n') {
      socket.write(byte);
      await sleep(1);
    }
    await once(socket, 'close');
    expect(text).toContain('PUT /slow 0');
  });

  test.each(['PR', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot frames at all, and quite long', 'PRI', '\0\0\0', 'GET'])(
    'a connection that says %j and goes away costs nothing',
    async (said) => {
      const { port, close } = await start(stream, http);
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      await once(socket, 'connect');
      socket.end(said);
      await once(socket, 'close');
      expect(await collect(call(port))).toEqual({ messages: ['one'] });
      await close(AbortSignal.timeout(200));
    },
  );

  test('a port that is closed leaves no connection behind', async () => {
    const { port, close } = await start(stream, http);
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    expect((silent.address() as AddressInfo).port).toBeGreaterThan(0);
    const closed = once(silent, 'close');
    await close(AbortSignal.timeout(100));
    await closed;
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

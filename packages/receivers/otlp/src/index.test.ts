import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Extension, Headers } from '@millrace/core';
import { heldBytes, NoPipelineError, PermanentError, RefusedError, systemClock } from '@millrace/core';
import { checkDefinition, testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { closeClients, frame, grpcClient, post, replyOf } from '../testdata/clients.ts';
import { configOf, soon, startReceiver, stopAll } from '../testdata/receiver.ts';
import { metricsRequest } from '../testdata/requests.ts';
import receiver from './index.ts';

afterEach(async () => {
  await closeClients();
  await stopAll();
});

const request = metricsRequest(3);
const loopback = { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } };

describe('contract', () => {
  for (const { name, run } of checkDefinition(receiver, { config: loopback })) test(name, run);
});

describe('config', () => {
  test('protocols without anything below them have their defaults', () => {
    const { grpc, http } = configOf(parse('{grpc: , http: }') as object).protocols;
    expect(grpc).toMatchObject({ endpoint: 'localhost:4317', max_recv_msg_size_mib: 4 });
    expect(http).toMatchObject({ endpoint: 'localhost:4318', max_request_body_size: 20 * 1024 * 1024 });
  });

  const problems = (protocols: object): string[] =>
    receiver.check!(configOf(protocols)).map(({ path, message }) => `${path.join('.')}: ${message}`);

  test.each([
    [{}, ['protocols: There is no protocol: name grpc, http, or both.']],
    [{ grpc: {} }, []],
    [{ grpc: {}, http: {} }, []],
    [{ grpc: { endpoint: ':4317' }, http: { endpoint: '[::]:4318' } }, []],
    [{ grpc: { endpoint: '/run/otlp.sock', transport: 'unix' } }, []],
    [
      { grpc: { endpoint: 'localhost' } },
      ['protocols.grpc.endpoint: "localhost" is not host:port, such as localhost:4317.'],
    ],
    [
      { http: { logs_url_path: '/v1/metrics' } },
      ['protocols.http.logs_url_path: /v1/metrics is the path of another signal already.'],
    ],
    [
      { http: { response_headers: { 'a b': 'c' } } },
      ['protocols.http.response_headers.a b: Header name must be a valid HTTP token ["a b"].'],
    ],
  ])('%j', (protocols, want) => expect(problems(protocols)).toEqual(want));

  test('diagnose says whether the ports are free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const findings = await receiver.diagnose!(
      configOf({ grpc: { endpoint: taken }, http: { endpoint: '127.0.0.1:0' } }),
    );
    expect(findings.map(({ level }) => level)).toEqual(['error', 'ok']);
    server.close();
  });
});

describe('start', () => {
  test('says where it listens, and whether that is encrypted', async () => {
    const { context, grpc, http } = await startReceiver();
    expect(context.lines).toEqual([
      { level: 'info', message: 'Taking OTLP over gRPC.', fields: { endpoint: `127.0.0.1:${grpc}`, tls: false } },
      { level: 'info', message: 'Taking OTLP over HTTP.', fields: { endpoint: `127.0.0.1:${http}`, tls: false } },
    ]);
  });

  test('a port that is taken ends it, and leaves nothing open', async () => {
    const { http } = await startReceiver({ grpc: null });
    const component = receiver.create(
      configOf({ grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: `127.0.0.1:${http}` } }),
      testContext({ clock: systemClock }),
      { consume: async () => {} },
    );
    const start = component.start!();
    await expect(start).rejects.toThrow(PermanentError);
    await expect(start).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${http}: something else listens there. Stop it, or set endpoint to another port; port 0 takes one that is free.`,
    );
  });

  test('a socket in the file system, one that a killed process left behind included', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-otlp-'));
    const path = join(folder, 'otlp.sock');
    const protocols = { http: { endpoint: path, transport: 'unix' } };
    const create = () => {
      const batches: Batch[] = [];
      const context = testContext({ clock: systemClock });
      const next = { consume: async (batch: Batch) => void batches.push(batch) };
      return { component: receiver.create(configOf(protocols), context, next), batches };
    };
    const { component, batches } = create();
    await component.start!();
    const headers = { 'content-type': 'application/x-protobuf' };
    const sent = httpRequest({ socketPath: path, path: '/v1/metrics', method: 'POST', agent: false, headers });
    sent.end(request);
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(batches).toHaveLength(1);
    await expect(create().component.start!()).rejects.toThrow(/something else listens there/);
    await component.shutdown!(AbortSignal.timeout(1000));
    expect(existsSync(path)).toBe(false);
    rmSync(folder, { recursive: true });
  });
});

test('copies share a port', async () => {
  const first = await startReceiver({ grpc: null, context: { copy: { index: 0, count: 2 } } });
  const setup = { grpc: null, http: { endpoint: `127.0.0.1:${first.http}` } };
  const second = await startReceiver({ ...setup, context: { copy: { index: 1, count: 2 } } });
  const replies = await Promise.all(Array.from({ length: 40 }, () => post(first.http, request)));
  expect(replies.every(({ status }) => status === 200)).toBe(true);
  expect(first.batches.length).toBeGreaterThan(0);
  expect(second.batches.length).toBeGreaterThan(0);
  expect(first.batches.length + second.batches.length).toBe(40);
});

const extensions = (of: Readonly<Record<string, Extension>>) => ({ context: { extension: (id: string) => of[id]! } });

describe('who may send', () => {
  const authenticate = async ({ authorization }: Headers): Promise<void> => {
    await sleep(1);
    if (authorization === 'down') throw new Error('the directory cannot be reached');
    if (authorization !== 'Bearer a') throw new PermanentError('The token is not known.');
  };
  const setup = {
    grpc: { auth: { authenticator: 'token' } },
    http: { auth: { authenticator: 'token' } },
    ...extensions({ token: { authenticate } }),
  };

  test('gRPC', async () => {
    const { grpc, batches } = await startReceiver(setup);
    const client = await grpcClient(grpc);
    expect(await client.call(frame(request), { authorization: 'Bearer a' })).toMatchObject({ status: 0 });
    expect(await client.call(frame(request))).toMatchObject({ status: 16, message: 'The token is not known.' });
    expect(await client.call(frame(request), { authorization: 'down' })).toMatchObject({ status: 14 });
    expect(await client.call(frame(metricsRequest(9000)), { authorization: 'Bearer a' })).toMatchObject({ status: 0 });
    expect(batches).toHaveLength(2);
  });

  test('HTTP', async () => {
    const { http, batches } = await startReceiver(setup);
    const send = async (authorization: string) => (await post(http, request, { headers: { authorization } })).status;
    expect(await send('Bearer a')).toBe(200);
    expect(await send('Bearer b')).toBe(401);
    expect(await send('down')).toBe(503);
    expect(batches).toHaveLength(1);
  });

  test('an extension that could let nobody in keeps it from starting', async () => {
    const without = extensions({ token: {} });
    await expect(startReceiver({ ...setup, ...without })).rejects.toThrow(
      new PermanentError('The extension token does not check who sends.'),
    );
  });

  test('a signal that no pipeline takes is not implemented', async () => {
    const next = async (): Promise<void> => {
      throw new NoPipelineError('no pipeline takes metrics from otlp');
    };
    const { grpc, http } = await startReceiver({ next });
    expect(await (await grpcClient(grpc)).call(frame(request))).toMatchObject({ status: 12 });
    expect((await post(http, request)).status).toBe(404);
  });
});

describe('admission', () => {
  const asked: number[] = [];
  let full = false;
  const admit = (bytes: number): void => {
    asked.push(bytes);
    if (full || bytes > 1_000_000) throw new RefusedError('memory is short');
  };
  const setup = {
    grpc: { middlewares: [{ id: 'limiter' }] },
    http: { middlewares: [{ id: 'limiter' }] },
    ...extensions({ limiter: { admit } }),
  };
  afterEach(() => {
    full = false;
    asked.length = 0;
  });

  test('is asked for before a body is read, and refuses with a time to come back', async () => {
    const { grpc, http, batches } = await startReceiver(setup);
    const client = await grpcClient(grpc);
    expect(await client.call(frame(request))).toMatchObject({ status: 0 });
    expect((await post(http, request)).status).toBe(200);
    expect(asked).toEqual([0, request.length, request.length]);
    full = true;
    // Not a byte of a body, and yet an answer.
    const stream = client.open();
    expect(await replyOf(stream)).toMatchObject({
      status: 14,
      message: 'memory is short',
      details: { retryDelayMs: 1000 },
    });
    const reply = await post(http, request);
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    full = false;
    expect(await client.call(frame(request))).toMatchObject({ status: 0 });
    expect(batches).toHaveLength(3);
  });

  test('knows how large the message will be', async () => {
    const { grpc } = await startReceiver(setup);
    const client = await grpcClient(grpc);
    const stream = client.open();
    const reply = replyOf(stream);
    stream.write(Buffer.from([0, 0, 0x20, 0, 0]));
    expect(await reply).toMatchObject({ status: 14 });
    expect(asked).toEqual([0, 0x200000]);
  });
});

test('headers come with the data where the config says so', async () => {
  const { grpc, http, batches } = await startReceiver({
    grpc: { include_metadata: true },
    http: { include_metadata: true },
  });
  const client = await grpcClient(grpc);
  await client.call(frame(request), { 'x-tenant': 'a', 'grpc-timeout': '10S' });
  await post(http, request, { headers: { 'X-Tenant': 'b', connection: 'close' } });
  expect(batches.map(({ metadata }) => metadata)).toEqual([
    { 'x-tenant': ['a'] },
    { 'x-tenant': ['b'], host: [`127.0.0.1:${http}`] },
  ]);
  const { http: other, batches: without } = await startReceiver();
  await post(other, request, { headers: { 'x-tenant': 'b' } });
  expect(without[0]).not.toHaveProperty('metadata');
});

describe('shutdown', () => {
  test('lets requests under way end, and takes no more', async () => {
    const taken = Promise.withResolvers<void>();
    const running = await startReceiver({ next: () => taken.promise });
    const client = await grpcClient(running.grpc);
    const replies = [client.call(frame(request)), post(running.http, request)] as const;
    await expect.poll(heldBytes, soon).toBe(2 * request.length);
    const stopped = running.stop();
    await once(client.session, 'goaway');
    await expect(post(running.http, request)).rejects.toThrow('ECONNREFUSED');
    taken.resolve();
    expect((await replies[0]).status).toBe(0);
    expect(await replies[1]).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await stopped;
    expect(running.batches).toHaveLength(2);
  });

  test('refuses what comes on a connection that is still open', async () => {
    const running = await startReceiver({ grpc: null });
    const socket = connect(running.http, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    const closed = once(socket, 'close');
    socket.write('POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n');
    await sleep(20);
    const stopped = running.stop();
    socket.write('content-length: 2\r\n\r\n{}');
    await closed;
    await stopped;
    expect(text).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1\r\n.*connection: close.*The receiver is shutting down\./is);
  });

  test('cuts what has not ended when the signal aborts', async () => {
    const reasons: unknown[] = [];
    const running = await startReceiver({
      next: (_batch, signal) =>
        new Promise((_resolve, reject) =>
          signal!.addEventListener('abort', () => {
            reasons.push(signal!.reason);
            reject(signal!.reason as Error);
          }),
        ),
    });
    const client = await grpcClient(running.grpc);
    const grpc = client.call(frame(request));
    const http = post(running.http, request).catch((error: unknown) => error);
    await expect.poll(heldBytes, soon).toBe(2 * request.length);
    await running.stop(AbortSignal.timeout(50));
    expect((await grpc).status).toBeUndefined();
    expect(await http).toBeInstanceOf(Error);
    await expect.poll(heldBytes, soon).toBe(0);
    expect(reasons).toHaveLength(2);
  });
});

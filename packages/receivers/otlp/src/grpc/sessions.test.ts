import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldBytes } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { afterEach, expect, test } from 'vitest';
import { closeClients, frame, grpcClient, replyOf } from '../../testdata/clients.ts';
import { soon, startReceiver, stopAll } from '../../testdata/receiver.ts';
import { metricsRequest } from '../../testdata/requests.ts';

afterEach(async () => {
  await closeClients();
  await stopAll();
});

const request = metricsRequest(3);
const parameters = (server_parameters: object) => ({ keepalive: { server_parameters } });

test('an idle connection is asked to end', async () => {
  const clock = manualClock();
  const { grpc } = await startReceiver({ context: { clock }, grpc: parameters({ max_connection_idle: '1m' }) });
  const client = await grpcClient(grpc);
  await clock.advance(50_000);
  expect(await client.call(frame(request))).toMatchObject({ status: 0 });
  await clock.advance(50_000);
  expect(client.session.destroyed).toBe(false);
  const goaway = once(client.session, 'goaway');
  await clock.advance(11_000);
  expect((await goaway)[0]).toBe(0);
});

test('an old connection is asked to end, and cut when its grace is over', async () => {
  const clock = manualClock();
  const taken = Promise.withResolvers<void>();
  const { grpc } = await startReceiver({
    context: { clock },
    grpc: parameters({ max_connection_age: '1m', max_connection_age_grace: '10s' }),
    next: () => taken.promise,
  });
  const client = await grpcClient(grpc);
  const stream = client.open();
  const reply = replyOf(stream);
  stream.end(frame(request));
  await expect.poll(heldBytes, soon).toBeGreaterThan(0);
  const goaway = once(client.session, 'goaway');
  await clock.advance(61_000);
  await goaway;
  expect(stream.closed).toBe(false);
  await clock.advance(11_000);
  expect((await reply).status).toBeUndefined();
  taken.resolve();
});

test('a request under way ends well on a connection that was asked to end', async () => {
  const clock = manualClock();
  const taken = Promise.withResolvers<void>();
  const { grpc } = await startReceiver({
    context: { clock },
    grpc: parameters({ max_connection_age: '1m' }),
    next: () => taken.promise,
  });
  const client = await grpcClient(grpc);
  const reply = client.call(frame(request));
  await expect.poll(heldBytes, soon).toBeGreaterThan(0);
  await clock.advance(300_000);
  taken.resolve();
  expect(await reply).toMatchObject({ status: 0 });
});

test('a connection that says nothing at all is cut', async () => {
  const clock = manualClock();
  const { grpc } = await startReceiver({ context: { clock } });
  const socket = connect(grpc, '127.0.0.1');
  const closed = once(socket, 'close');
  socket.resume();
  await once(socket, 'connect');
  const client = await grpcClient(grpc);
  await clock.advance(21_000);
  await closed;
  expect(client.session.destroyed).toBe(false);
});

test('a connection that has fallen silent is asked whether it is there, and cut if it is not', async () => {
  const clock = manualClock();
  const { grpc } = await startReceiver({ context: { clock }, grpc: parameters({ time: '1m', timeout: '5s' }) });
  const there = await grpcClient(grpc);
  const gone = connect(grpc, '127.0.0.1');
  gone.resume();
  const closed = once(gone, 'close');
  gone.write(
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]),
  );
  await there.call(frame(request));
  for (let seconds = 0; seconds < 80; seconds++) {
    await clock.advance(1000);
    await sleep(1);
  }
  await closed;
  expect(there.session.destroyed).toBe(false);
  expect(await there.call(frame(request))).toMatchObject({ status: 0 });
});

const ping = (client: Awaited<ReturnType<typeof grpcClient>>): Promise<unknown> =>
  new Promise((resolve) => {
    if (client.session.destroyed || !client.session.ping((error) => resolve(error ?? 'pong'))) resolve('closed');
  });

test('pings that come too often end the connection, where the config says so', async () => {
  const { grpc } = await startReceiver({ grpc: { keepalive: { enforcement_policy: {} } } });
  const client = await grpcClient(grpc);
  let said: unknown;
  client.session.on('goaway', (code, _stream, data) => (said = [code, data?.toString()]));
  for (let pings = 0; pings < 5; pings++) await ping(client);
  await expect.poll(() => client.session.destroyed, soon).toBe(true);
  expect(said).toEqual([11, 'too_many_pings']);
});

test('and do not where it does not', async () => {
  const { grpc } = await startReceiver();
  const client = await grpcClient(grpc);
  for (let pings = 0; pings < 5; pings++) expect(await ping(client)).toBe('pong');
});

test('no more requests than the config says are under way', async () => {
  let most = 0;
  let now = 0;
  const { grpc } = await startReceiver({
    grpc: { max_concurrent_streams: 3 },
    next: async () => {
      most = Math.max(most, ++now);
      await sleep(5);
      now--;
    },
  });
  const client = await grpcClient(grpc);
  const replies = await Promise.all(Array.from({ length: 20 }, () => client.call(frame(request))));
  expect(replies.every(({ status }) => status === 0)).toBe(true);
  expect(most).toBeLessThanOrEqual(3);
});

test('the end is not held up by a client that does not read its answer', async () => {
  const { grpc, stop, batches } = await startReceiver();
  const client = await grpcClient(grpc);
  const stream = client.open();
  const answered = once(stream, 'response');
  stream.end(frame(request));
  await answered;
  expect(batches).toHaveLength(1);
  await expect(stop(AbortSignal.timeout(200))).resolves.toBeUndefined();
});

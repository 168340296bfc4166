import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import { describeError } from '@millrace/core';
import { freePort } from '@millrace/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { exporter, insecure, running, takes } from '../../testdata/grpc.ts';
import { errorOf, kindOf, soon } from '../../testdata/outcome.ts';
import { answer, grpcServer, listen, rawServer } from '../../testdata/servers.ts';

test('a server that is down, comes, goes and comes again', async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const out = exporter(insecure(port));
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
  await expect.poll(() => codes.length, soon).toBe(5);
  expect(codes).toEqual([0, 0, 0, 0, 0]);
});

test('calls end on a connection that goes away, and new ones take a new one', async () => {
  const held: ServerHttp2Stream[] = [];
  const server = running(await rawServer((stream) => void held.push(stream)));
  const out = exporter(insecure(server.port));
  const first = out.consume(gauge());
  await expect.poll(() => held.length, soon).toBe(1);
  await sendAway(server.sessions[0]!);
  const second = out.consume(gauge());
  await expect.poll(() => held.length, soon).toBe(2);
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
  onTestFinished(() => void server.close());
  const error = await errorOf(exporter(insecure(port)).consume(gauge(), AbortSignal.timeout(50)));
  expect(kindOf(error)).toBe('retry');
});

test('shutdown lets calls end, twice and without start', async () => {
  const held: ServerHttp2Stream[] = [];
  const server = running(await rawServer((stream) => void held.push(stream)));
  const out = exporter(insecure(server.port));
  const call = out.consume(gauge());
  await expect.poll(() => held.length, soon).toBe(1);
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
  await expect.poll(() => server.requests.length, soon).toBe(1);
  await sendAway(server.sessions[0]!);
  const second = errorOf(out.consume(gauge()));
  await expect.poll(() => server.requests.length, soon).toBe(2);
  await out.shutdown!(AbortSignal.timeout(50));
  expect([kindOf(await first), kindOf(await second)]).toEqual(['retry', 'retry']);
  expect(server.sessions).toHaveLength(2);
});

/** Resolves once the client knows: it answers a ping after it. */
function sendAway(session: ServerHttp2Session): Promise<void> {
  session.goaway();
  return new Promise((resolve) => session.ping(() => resolve()));
}

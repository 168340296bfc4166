// Clients that stop reading, and those that only read slowly.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { manualClock } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { large } from '../testdata/batches.ts';
import { startCache, stopAll } from '../testdata/server.ts';

const closing: (() => void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await stopAll();
});

/** A client that does not read by itself. */
interface Client {
  readonly stream: Readable;
  /** Once all has been read: the status of gRPC, or how the answer over HTTP ended. */
  last(): string;
}

async function overGrpc(port: number): Promise<Client> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  closing.push(() => session.destroy());
  const path = '/millrace.reports.v1.Reports/Subscribe';
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  let status: Record<string, unknown> = {};
  stream.on('error', () => {});
  stream.on('trailers', (headers) => (status = headers));
  stream.end(Buffer.alloc(5));
  await once(stream, 'response');
  return {
    stream,
    last: () => `${String(status['grpc-status'])} ${decodeURIComponent(String(status['grpc-message']))}`,
  };
}

async function get(port: number, path: string): Promise<Client> {
  const sent = request({ host: '127.0.0.1', port, path, agent: false });
  sent.on('error', () => {});
  sent.end();
  closing.push(() => sent.destroy());
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let last = '';
  response.on('error', () => {});
  if (response.statusCode !== 200) throw new Error(String(response.statusCode));
  const push = response.push.bind(response);
  response.push = (chunk: Buffer | null, ...rest: []): boolean => {
    if (chunk) last = (last + chunk.toString('latin1')).slice(-500);
    return push(chunk, ...rest);
  };
  return { stream: response, last: () => last };
}

const overHttp = (port: number): Promise<Client> => get(port, '/v1/subscribe');

/** Reads all, and whatever has come of it when nothing more does. */
async function readAll({ stream }: Client): Promise<void> {
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.resume();
  await closed;
}

describe.each([
  ['gRPC', overGrpc, /^4 The client took nothing for 300 s/],
  ['server-sent events', overHttp, /event: ended\ndata: \{"error":"The client took nothing for 300 s/],
] as const)('a subscriber over %s', (_name, open, told) => {
  test('that stops reading loses its place, and is told', { timeout: 30_000 }, async () => {
    const clock = manualClock();
    const running = await startCache({ max_subscribers: 1 }, { clock });
    const stuck = await open(running.port);
    // More than the network takes.
    for (let index = 0; index < 40; index++) await running.report(large('a', 500_000));
    await sleep(300);
    await clock.advance(270_000);
    await expect(overHttp(running.port)).rejects.toThrow('429');
    await clock.advance(45_000);
    await expect.poll(() => overHttp(running.port).then(() => 'open', String)).toBe('open');
    await readAll(stuck);
    expect(stuck.last()).toMatch(told);
  });

  test('that reads slowly keeps its place', { timeout: 30_000 }, async () => {
    const clock = manualClock();
    const running = await startCache({ max_subscribers: 1 }, { clock });
    const slow = await open(running.port);
    let bytes = 0;
    for (let round = 1; round <= 4; round++) {
      for (let index = 0; index < 30; index++) await running.report(large('a', 500_000));
      await sleep(100);
      await clock.advance(270_000);
      slow.stream.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume();
      await expect.poll(() => bytes, { timeout: 10_000 }).toBeGreaterThan(round * 15_000_000);
      slow.stream.removeAllListeners('data').pause();
    }
    await clock.advance(600_000);
    await expect(overHttp(running.port)).rejects.toThrow('429');
  });
});

test('an answer over HTTP that nobody reads is cut', { timeout: 30_000 }, async () => {
  const clock = manualClock();
  const running = await startCache({ reader_timeout: '1m' }, { clock });
  for (let index = 0; index < 40; index++) await running.report(large(`cluster ${index}`, 500_000));
  const stuck = await get(running.port, '/v1/reports');
  await sleep(300);
  await clock.advance(75_000);
  await readAll(stuck);
  expect(stuck.last()).not.toMatch(/\]\}\n$/);
  const reader = await get(running.port, '/v1/reports');
  await readAll(reader);
  expect(reader.last()).toMatch(/\]\}\n/);
});

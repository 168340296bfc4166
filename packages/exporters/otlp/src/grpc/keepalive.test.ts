import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { manualClock, testContext } from '@millrace/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { exporter, insecure, running } from '../../testdata/grpc.ts';
import { errorOf, kindOf, soon } from '../../testdata/outcome.ts';
import { answer, listen, rawServer } from '../../testdata/servers.ts';

test('a silent connection is given up after a ping, and the next call makes a new one', async () => {
  const server = running(await rawServer((stream) => answer(stream)));
  const pipe = await silencer(server.port);
  const clock = manualClock();
  const keepalive = { time: '30s', timeout: '5s', permit_without_stream: false };
  const out = exporter({ ...insecure(pipe.port), keepalive }, testContext({ clock }));
  await out.consume(gauge());
  await clock.advance(30_000);
  expect(server.sessions).toHaveLength(1);
  pipe.silence();
  const lost = errorOf(out.consume(gauge()));
  await expect.poll(() => pipe.swallowed(), soon).toBeGreaterThan(0);
  await clock.advance(30_000);
  await clock.advance(5000);
  expect((await lost).message).toContain('not answered a ping for 5 s');
  expect(kindOf(await lost)).toBe('retry');
  pipe.pass();
  await out.consume(gauge());
  expect(server.sessions).toHaveLength(2);
});

test('without keepalive, a call that had no answer makes the connection prove itself', async () => {
  const server = running(await rawServer((stream) => answer(stream)));
  const pipe = await silencer(server.port);
  const clock = manualClock();
  const out = exporter(insecure(pipe.port), testContext({ clock }));
  await out.consume(gauge());
  pipe.silence();
  const late = new AbortController();
  const lost = errorOf(out.consume(gauge(), late.signal));
  await expect.poll(() => pipe.swallowed(), soon).toBeGreaterThan(0);
  late.abort();
  await lost;
  await clock.advance(10_000);
  pipe.pass();
  await out.consume(gauge());
  expect(server.sessions).toHaveLength(2);
});

/** A pipe to the port that can fall silent, as a network does without a word. */
async function silencer(to: number): Promise<{
  port: number;
  silence(): void;
  pass(): void;
  swallowed(): number;
}> {
  const sockets: Socket[] = [];
  let silent = false;
  let swallowed = 0;
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    sockets.push(
      near.on('error', () => {}),
      far.on('error', () => {}),
    );
    near.on('data', (chunk) => (silent ? (swallowed += chunk.length) : far.write(chunk)));
    far.on('data', (chunk) => silent || near.write(chunk));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  const port = await listen(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port, silence: () => void (silent = true), pass: () => void (silent = false), swallowed: () => swallowed };
}

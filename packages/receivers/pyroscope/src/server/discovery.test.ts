import type { Batch } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { fakeServer } from '../testdata/fake-server.ts';
import { idleOf, pass, pulling } from '../testdata/pulling.ts';

it('what is gone and comes back is not pulled while a window of it is still handed on', async () => {
  const clock = manualClock();
  const server = await fakeServer({ generation: 'v1', now: clock.now });
  const seconds = async (count: number): Promise<void> => pass(clock, count * 1_000, { idle: idleOf(server) });
  const atNs = BigInt(clock.now() + 5_000) * 1_000_000n;
  const sent = { application: 'shop', atNs, arrivesMs: 0, stacks: [{ frames: ['x'], values: [1] }] };
  const free = Promise.withResolvers<void>();
  const handed: Batch[] = [];
  const next = {
    async consume(batch: Batch): Promise<void> {
      handed.push(batch);
      await free.promise;
    },
  };
  server.sent.push(sent);
  const run = await pulling(
    { servers: [{ endpoint: server.endpoint, window: '10s', discover: { interval: '10s' } }] },
    { clock, next, wants: ['metrics'] },
  );
  try {
    await seconds(60);
    expect(handed).toHaveLength(1);
    server.sent.length = 0;
    await seconds(20);
    server.sent.push(sent);
    await seconds(60);
    expect(handed).toHaveLength(1);
    free.resolve();
    const later = { ...sent, atNs: sent.atNs + 200_000_000_000n };
    server.sent.push(later);
    await seconds(120);
    expect(handed).toHaveLength(2);
  } finally {
    free.resolve();
    await run.stop();
    await server.close();
  }
});

import { systemClock } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import type { Connection } from './driver.ts';
import { SqlError } from './error.ts';
import { createPool, type PoolOptions } from './pool.ts';

const never = new AbortController().signal;
const backoff = { initialMs: 1000, maxMs: 30_000 };

function fakes() {
  const all: { isBroken: boolean; isClosed: boolean }[] = [];
  const connect = async (): Promise<Connection> => {
    const state = { isBroken: false, isClosed: false };
    all.push(state);
    return {
      async *query() {},
      check: async () => {},
      get isBroken() {
        return state.isBroken;
      },
      close: async () => void (state.isClosed = true),
    };
  };
  return { all, connect };
}

const pool = (options: Partial<PoolOptions> & Pick<PoolOptions, 'connect'>) =>
  createPool({ maxOpen: 2, clock: systemClock, backoff, connectTimeoutMs: 1000, ...options });

it('lends no more than it may, and lends again what came back', async () => {
  const { all, connect } = fakes();
  const own = pool({ connect });
  let [running, most] = [0, 0];
  const task = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await systemClock.sleep(5);
    running--;
  };
  await Promise.all(Array.from({ length: 10 }, () => own.use(task, never)));
  expect([most, all.length]).toEqual([2, 2]);
  await own.close();
  expect(all.every(({ isClosed }) => isClosed)).toBe(true);
});

it('replaces what is broken, even while someone waits', async () => {
  const { all, connect } = fakes();
  const own = pool({ connect, maxOpen: 1 });
  const breaking = own.use(async () => {
    await systemClock.sleep(10);
    all[0]!.isBroken = true;
  }, never);
  await Promise.all([breaking, own.use(async () => {}, never)]);
  expect(all.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  all[1]!.isBroken = true;
  await own.use(async () => {}, never);
  expect(all).toHaveLength(3);
  await own.close();
});

it('gives a wait up when the signal is aborted, and the next in line has its turn', async () => {
  const { connect } = fakes();
  const own = pool({ connect, maxOpen: 1 });
  const stop = new AbortController();
  const release = Promise.withResolvers<void>();
  const holding = own.use(() => release.promise, never);
  const waiting = own.use(async () => {}, stop.signal);
  const last = own.use(async () => 'mine', never);
  stop.abort(new Error('late'));
  await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
  release.resolve();
  await holding;
  expect(await last).toBe('mine');
  await own.close();
});

it('tries less and less often while there is no database, and at once when there is', async () => {
  const clock = manualClock();
  const { connect } = fakes();
  let isDown = true;
  let tries = 0;
  const own = pool({
    clock,
    connect: async () => {
      tries++;
      if (isDown) throw new SqlError('connection', 'refused');
      return connect();
    },
  });
  const use = () => own.use(async () => 'ok', never);
  for (let second = 0; second < 120; second++) {
    await expect(use()).rejects.toThrow('refused');
    await clock.advance(1000);
  }
  expect(tries).toBeGreaterThan(5);
  expect(tries).toBeLessThan(14);
  isDown = false;
  await clock.advance(30_000);
  expect(await use()).toBe('ok');
  await own.close();
});

it('gives up a connection that does not come', async () => {
  const connect = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  await expect(pool({ connect, connectTimeoutMs: 20 }).use(async () => {}, never)).rejects.toThrow('within 20 ms');
});

it('keeps a connection for the next that came too late for who asked', async () => {
  const { all, connect } = fakes();
  const slow = async (): Promise<Connection> => {
    await systemClock.sleep(30);
    return connect();
  };
  const own = pool({ connect: slow, maxOpen: 1 });
  await expect(own.use(async () => {}, AbortSignal.timeout(10))).rejects.toMatchObject({ kind: 'cancelled' });
  expect(await own.use(async () => 'mine', never)).toBe('mine');
  expect(all).toHaveLength(1);
  await own.close();
});

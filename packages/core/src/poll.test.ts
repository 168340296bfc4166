import { describe, expect, it } from 'vitest';
import type { Clock } from './component.ts';
import { poll } from './poll.ts';
import { systemClock } from './standalone.ts';
import { testContext } from './testing/index.ts';

/** Polls every 10 s from second 0 on, a scrape that takes so long; what it waited, one after another. */
async function waits(scrapes: readonly { readonly takesMs: number }[]): Promise<number[]> {
  let now = 0;
  const waited: number[] = [];
  const ended = Promise.withResolvers<never>();
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      waited.push(ms);
      now += ms;
      if (waited.length > scrapes.length) return ended.promise;
      return undefined;
    },
  };
  const { log } = testContext();
  let scrape = 0;
  const scraper = {
    collect: async () => {
      now += scrapes[scrape++]!.takesMs;
      return { resourceMetrics: [], resourceLogs: [], errors: [] };
    },
  };
  const poller = poll(
    scraper,
    { collection_interval: 10_000, initial_delay: 1000, timeout: 0 },
    {
      next: { consume: async () => {} },
      clock,
      log,
      counts: { scraped: () => {}, errored: () => {} },
      polling: 'interval',
      dropped: () => {},
    },
  );
  await poller.start!();
  await expect.poll(() => waited.length).toBe(scrapes.length + 1);
  ended.reject(new Error('over'));
  await poller.shutdown!(new AbortController().signal);
  return waited;
}

describe('polls', () => {
  it('at even times, whatever a scrape takes', async () =>
    expect(await waits([{ takesMs: 0 }, { takesMs: 3000 }, { takesMs: 9999 }])).toEqual([1000, 10_000, 7000, 1]));

  it('without the times that a slow scrape has missed', async () =>
    expect(await waits([{ takesMs: 25_000 }, { takesMs: 0 }])).toEqual([1000, 5000, 10_000]));

  it('within an interval where the clock was set back or ahead by a day', async () => {
    const day = 86_400_000;
    expect(await waits([{ takesMs: -day }, { takesMs: 0 }])).toEqual([1000, 10_000, 10_000]);
    expect(await waits([{ takesMs: day + 1 }, { takesMs: 0 }])).toEqual([1000, 9999, 10_000]);
  });
});

it('waits longer than a timer can', async () => {
  const stop = new AbortController();
  const waiting = systemClock.sleep(2 ** 31 + 1000, stop.signal).then(
    () => 'over',
    () => 'stopped',
  );
  const first = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, 'waiting'))]);
  stop.abort();
  expect([first, await waiting]).toEqual(['waiting', 'stopped']);
});

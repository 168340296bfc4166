import { manualClock } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';
import { everyInterval, offsetOf, scrapeTime } from './schedule.ts';

it('targets are spread over the interval, each always at its place', () => {
  const places = Array.from({ length: 1_000 }, (_, index) => offsetOf(`target ${index}`, 60_000));
  expect(places).toEqual(Array.from({ length: 1_000 }, (_, index) => offsetOf(`target ${index}`, 60_000)));
  const perSecond = Array.from({ length: 60 }, () => 0);
  for (const place of places) perSecond[Math.floor(place / 1000)]!++;
  expect(Math.min(...perSecond)).toBeGreaterThan(3);
  expect(Math.max(...perSecond)).toBeLessThan(40);
});

it('scrapes are aligned with the clock, and what was missed is left out', async () => {
  const clock = manualClock(1_000_000_123);
  const stop = new AbortController();
  const due: number[] = [];
  const running = everyInterval({ intervalMs: 10_000, offsetMs: 4_000 }, { clock, signal: stop.signal }, async (at) => {
    due.push(at);
    if (due.length === 2) await clock.sleep(25_000);
  });
  for (let passed = 0; passed < 70; passed++) await clock.advance(1_000);
  stop.abort(new Error('stopped'));
  await running;
  expect(due.map((at) => at - 1_000_000_000)).toEqual([4_000, 14_000, 44_000, 54_000, 64_000]);
});

it('goes on when the clock is set back', async () => {
  const clock = manualClock(1_000_000_000);
  let back = 0;
  const moved = { now: () => clock.now() - back, sleep: clock.sleep };
  const stop = new AbortController();
  const due: number[] = [];
  const running = everyInterval(
    { intervalMs: 10_000, offsetMs: 0 },
    { clock: moved, signal: stop.signal },
    async (at) => {
      due.push(at - 1_000_000_000);
    },
  );
  await clock.advance(10_000);
  back = 3_600_000;
  await clock.advance(20_000);
  expect(due).toEqual([0, 10_000, -3_580_000, -3_570_000]);
  stop.abort(new Error('stopped'));
  await running;
});

it('waits longer than a timer can', async () => {
  const clock = manualClock();
  const stop = new AbortController();
  const slept: number[] = [];
  const watched = {
    now: clock.now,
    sleep: (ms: number, signal?: AbortSignal) => {
      slept.push(ms);
      return clock.sleep(ms, signal);
    },
  };
  const days = 86_400_000;
  const due: number[] = [];
  const running = everyInterval(
    { intervalMs: 40 * days, offsetMs: 0 },
    { clock: watched, signal: stop.signal },
    async (at) => {
      expect(clock.now()).toBe(at);
      due.push(at);
    },
  );
  await clock.advance(80 * days);
  expect(due).toHaveLength(2);
  expect(Math.max(...slept)).toBeLessThan(2 ** 31);
  stop.abort(new Error('stopped'));
  await running;
});

it('a scrape has the time at which it was due, unless it is late', () => {
  expect([scrapeTime(1000, 1015, 10_000), scrapeTime(1000, 1021, 10_000), scrapeTime(1000, 1002, 100)]).toEqual([
    1000, 1021, 1002,
  ]);
});

it('places are taken in turn, and given back whatever happens', async () => {
  const limiter = createLimiter(2);
  const { signal } = new AbortController();
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const running = gates.map(({ promise }, index) =>
    limiter.use(signal, async () => {
      begun.push(index);
      await promise;
    }),
  );
  const impatient = new AbortController();
  const left = limiter.use(impatient.signal, async () => void begun.push(99));
  const settled = async (): Promise<void> => void (await new Promise((resolve) => setImmediate(resolve)));
  await settled();
  expect(begun).toEqual([0, 1]);
  gates[1]!.reject(new Error('failed'));
  await expect(running[1]).rejects.toThrow('failed');
  impatient.abort(new Error('waited too long'));
  await expect(left).rejects.toThrow('waited too long');
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.allSettled(running);
  expect(begun).toEqual([0, 1, 2, 3]);
});

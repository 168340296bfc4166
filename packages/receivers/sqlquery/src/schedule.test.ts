import { manualClock } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { repeat, type Schedule } from './schedule.ts';

async function times(schedule: Schedule, { start = 0, takesMs = [] as number[] } = {}): Promise<number[]> {
  const clock = manualClock(start);
  const stop = new AbortController();
  const found: number[] = [];
  const done = repeat(schedule, { clock, signal: stop.signal }, async () => {
    found.push(clock.now());
    const takes = takesMs[found.length - 1];
    if (takes !== undefined) await clock.sleep(takes);
  });
  await clock.advance(60_000);
  stop.abort(new Error('done'));
  await done;
  return found;
}

it('runs at its interval after its delay', async () => {
  expect(await times({ intervalMs: 20_000, initialDelayMs: 1_000, aligned: false })).toEqual([1_000, 21_000, 41_000]);
});

it('runs on the grid of its interval', async () => {
  expect(await times({ intervalMs: 20_000, initialDelayMs: 1_000, aligned: true }, { start: 7_000 })).toEqual([
    20_000, 40_000, 60_000,
  ]);
});

it('leaves out what it missed', async () => {
  expect(
    await times({ intervalMs: 10_000, initialDelayMs: 0, aligned: false }, { takesMs: [0, 25_000, 10_000] }),
  ).toEqual([0, 10_000, 40_000, 50_000, 60_000]);
});

it('goes on when the clock is set back', async () => {
  const clock = manualClock(7_200_000);
  let backMs = 0;
  const moved = { now: () => clock.now() - backMs, sleep: clock.sleep };
  const stop = new AbortController();
  let runs = 0;
  const schedule = { intervalMs: 10_000, initialDelayMs: 0, aligned: false };
  const done = repeat(schedule, { clock: moved, signal: stop.signal }, async () => void runs++);
  await clock.advance(10_000);
  backMs = 3_600_000;
  await clock.advance(20_000);
  expect(runs).toBe(4);
  stop.abort(new Error('done'));
  await done;
});

it('begins at once, however long it takes to look at the clock twice', async () => {
  const clock = manualClock(7_200_000);
  let reads = 0;
  const moving = { now: () => clock.now() + reads++, sleep: clock.sleep };
  const stop = new AbortController();
  let runs = 0;
  const schedule = { intervalMs: 3_600_000, initialDelayMs: 1_000, aligned: false };
  const done = repeat(schedule, { clock: moving, signal: stop.signal }, async () => void runs++);
  await clock.advance(2_000);
  expect(runs).toBe(1);
  stop.abort(new Error('done'));
  await done;
});

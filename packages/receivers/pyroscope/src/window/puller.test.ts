import { type Clock, memoryStorage } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { fromStacks, ProfileError } from '@millrace/pprof';
import type { Pulled, Window } from '@millrace/pyroscope-client';
import { expect, it } from 'vitest';
import { serverClock } from '../server/clock.ts';
import { positionStore } from './position.ts';
import { pullWindows } from './puller.ts';

const start = Date.UTC(2026, 0, 1, 12);
const windows = { sizeMs: 60_000, delayMs: 30_000, maxCatchUpMs: 600_000 };
const profile = fromStacks([{ frames: ['main'], values: [1] }], {
  sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
});

interface Options {
  readonly clock?: Clock;
  readonly storage?: ReturnType<typeof memoryStorage>;
  readonly fromMs?: number;
  readonly sizeMs?: number;
  /** What the server says; the profile if it says nothing. */
  answer?(window: Window, times: number): Pulled | Error | undefined;
}

/** Runs the windows of a query whose server is a function. Windows are written as seconds from the start. */
function pulled(time: ReturnType<typeof manualClock>, options: Options = {}) {
  const { clock = time, storage = memoryStorage(), fromMs } = options;
  const context = testContext({ clock });
  const stop = new AbortController();
  const asked: string[] = [];
  const handed: string[] = [];
  const missed: [number, string][] = [];
  const shown = ({ startMs, endMs }: Window): string => `${(startMs - start) / 1000}-${(endMs - start) / 1000}`;
  const server = serverClock(clock);
  // As the first question does, which finds out what server it is.
  server.heard({ dateMs: time.now(), askedAt: clock.now() });
  const running = pullWindows(
    {
      windows: { ...windows, sizeMs: options.sizeMs ?? windows.sizeMs },
      fromMs,
      store: positionStore(storage, 'key'),
      clock,
      server,
      log: context.log,
      pull: async (window) => {
        asked.push(`${(time.now() - start) / 1000}: ${shown(window)}`);
        const answer = options.answer?.(window, asked.length) ?? { profile, dateMs: time.now() };
        if (answer instanceof Error) throw answer;
        return answer;
      },
      hearTime: async () => {
        const answer = options.answer?.({ startMs: 0, endMs: 0 }, asked.length);
        if (answer instanceof Error) throw answer;
        server.heard({ dateMs: time.now(), askedAt: clock.now() });
      },
      hand: async (_pulled, window) => void handed.push(shown(window)),
      missed: (count, reason) => void missed.push([count, reason]),
    },
    stop.signal,
  );
  return {
    asked,
    handed,
    missed,
    context,
    async stop() {
      stop.abort(new Error('stopped'));
      await running;
    },
  };
}

it('asks for each window once, when its end and the delay have passed', async () => {
  const time = manualClock(start + 5_000);
  const run = pulled(time);
  await time.advance(240_000);
  await run.stop();
  expect(run.asked).toEqual(['31: -60-0', '91: 0-60', '151: 60-120', '211: 120-180']);
  expect(run.handed).toEqual(['-60-0', '0-60', '60-120', '120-180']);
});

it('an empty window is behind it, and nothing is handed on', async () => {
  const time = manualClock(start);
  const run = pulled(time, { answer: () => ({ profile: undefined, dateMs: time.now() }) });
  await time.advance(100_000);
  await run.stop();
  expect([run.asked.length, run.handed]).toEqual([2, []]);
});

it('goes on after a restart where it was, and makes up for what was missed', async () => {
  const time = manualClock(start);
  const storage = memoryStorage();
  const first = pulled(time, { storage });
  await time.advance(100_000);
  await first.stop();
  await time.advance(200_000);
  const second = pulled(time, { storage });
  await time.advance(0);
  await second.stop();
  expect([...first.handed, ...second.handed]).toEqual(['-60-0', '0-60', '60-120', '120-180', '180-240']);
});

it('what is older than max_catch_up is left out, counted and said', async () => {
  const time = manualClock(start);
  const storage = memoryStorage();
  const first = pulled(time, { storage });
  await time.advance(100_000);
  await first.stop();
  await time.advance(1_500_000);
  const second = pulled(time, { storage });
  await time.advance(0);
  await second.stop();
  // It is 1600; the oldest window that counts ends after 1000.
  expect(second.missed).toEqual([[15, 'window_too_old']]);
  expect(second.handed[0]).toBe('960-1020');
  expect(second.context.lines.map(({ message }) => message)).toEqual([
    'Windows are left out: they are older than max_catch_up (10m).',
  ]);
});

it('another size of windows begins where the other ended', async () => {
  const time = manualClock(start);
  const storage = memoryStorage();
  const first = pulled(time, { storage, sizeMs: 10_000 });
  await time.advance(125_000);
  await first.stop();
  expect(first.handed.at(-1)).toBe('80-90');
  const second = pulled(time, { storage, sizeMs: 60_000 });
  await time.advance(100_000);
  await second.stop();
  expect(second.handed).toEqual(['90-120', '120-180']);
});

it('a window whose handing over was cut off comes again as it was, under another size too', async () => {
  const time = manualClock(start + 600_000);
  const storage = memoryStorage();
  const position = { nextMs: start, handing: { endMs: start + 60_000, pulledMs: start + 95_000 } };
  await storage.set('key', Buffer.from(JSON.stringify(position)));
  const run = pulled(time, { storage, sizeMs: 30_000 });
  await time.advance(0);
  await run.stop();
  expect(run.handed.slice(0, 3)).toEqual(['0-60', '60-90', '90-120']);
});

it.each([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
])('a clock here that is an hour %s changes nothing, nor does it when it is set right', async (_name, wrongMs) => {
  const time = manualClock(start + 5_000);
  let wrong = wrongMs;
  const clock: Clock = { now: () => time.now() + wrong, sleep: time.sleep };
  const run = pulled(time, { clock, fromMs: start - 60_000 });
  await time.advance(115_000);
  wrong = 0;
  await time.advance(120_000);
  wrong = -wrongMs;
  await time.advance(160_000);
  await run.stop();
  expect(run.handed).toEqual(['-60-0', '0-60', '60-120', '120-180', '180-240', '240-300', '300-360']);
  // No answer counted that was given before its window was complete.
  expect(Number(run.asked.at(-1)!.split(':')[0])).toBeGreaterThanOrEqual(390);
});

it('a clock that is set while the server is down makes nothing too old', async () => {
  const time = manualClock(start);
  let wrong = 0;
  let isDown = false;
  const clock: Clock = { now: () => time.now() + wrong, sleep: time.sleep };
  const run = pulled(time, { clock, answer: () => (isDown ? new Error('down') : undefined) });
  await time.advance(40_000);
  isDown = true;
  wrong = 7_200_000;
  await time.advance(90_000);
  isDown = false;
  await time.advance(60_000);
  await run.stop();
  expect([run.handed, run.missed]).toEqual([['-60-0', '0-60', '60-120'], []]);
});

it('a window that alone is never answered is given up when it is too old', async () => {
  const time = manualClock(start);
  const run = pulled(time, { answer: ({ endMs }) => (endMs === start ? new Error('it hangs') : undefined) });
  await time.advance(700_000);
  await run.stop();
  expect(run.missed).toEqual([[1, 'window_too_old']]);
  expect(run.handed).toEqual(expect.arrayContaining(['0-60', '540-600']));
  expect(run.handed).toHaveLength(11);
});

it('an answer that the server gave before the window was complete does not count', async () => {
  const time = manualClock(start);
  // Its clock is 40 seconds behind, which is known from its answers only.
  const run = pulled(time, { answer: () => ({ profile, dateMs: time.now() - 40_000 }) });
  await time.advance(140_000);
  await run.stop();
  expect(run.handed).toEqual(['-60-0', '0-60']);
  expect(run.asked.find((line) => line.endsWith(' 0-60'))).toBe('130: 0-60');
});

it('asks again while it fails, more and more seldom', async () => {
  const time = manualClock(start);
  const run = pulled(time, { answer: (_window, times) => (times <= 7 ? new Error('down') : undefined) });
  await time.advance(160_000);
  await run.stop();
  expect(run.asked.map((line) => Number(line.split(':')[0])).slice(0, 8)).toEqual([31, 32, 34, 38, 46, 62, 92, 122]);
  expect(run.handed).toEqual(['-60-0', '0-60', '60-120']);
  expect(run.context.lines.map(({ message }) => message)).toEqual([
    'A window cannot be pulled; it is tried again.',
    'Windows can be pulled again.',
  ]);
});

it('a profile that cannot be read is given up after three times, counted and said', async () => {
  const time = manualClock(start);
  const answer = ({ startMs }: Window) => (startMs < start ? new ProfileError('cut') : undefined);
  const run = pulled(time, { answer });
  await time.advance(100_000);
  await run.stop();
  expect(run.missed).toEqual([[1, 'bad_profile']]);
  expect(run.handed).toEqual(['0-60']);
});

it('a storage that fails does not make a window come twice', async () => {
  const time = manualClock(start);
  const storage = { ...memoryStorage(), set: () => Promise.reject(new Error('the disk is full')) };
  const run = pulled(time, { storage });
  await time.advance(160_000);
  await run.stop();
  expect(run.handed).toEqual(['-60-0', '0-60', '60-120']);
  expect(run.context.lines.map(({ level }) => level)).toEqual(['warn']);
});

it('a position that cannot be read is an error that is said, and it does not begin anew', async () => {
  const time = manualClock(start);
  const storage = memoryStorage();
  await storage.set('key', Buffer.from('{'));
  const run = pulled(time, { storage });
  await time.advance(100_000);
  await run.stop();
  expect(run.asked).toEqual([]);
  expect(run.context.lines[0]!.message).toBe('Pulling cannot begin.');
});

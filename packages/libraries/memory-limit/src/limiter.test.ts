import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InputOf } from '@millrace/core';
import { RefusedError, resolveConfig } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { check, config, createLimiter, limitsOf, memoryLimit } from './index.ts';

type Input = InputOf<typeof config>;
const mib = 1024 ** 2;

/** A process whose memory the test sets, in MiB. The limits are 800 and 1000. */
function process(input: Input = {}) {
  const memory = { code: 50, live: 50, garbage: 0, kept: 0, held: 0 };
  const clock = manualClock();
  const context = testContext({ clock });
  const settings = resolveConfig(config, { limit_mib: 1000, ...input });
  const collections: number[] = [];
  const began = clock.now();
  const source = {
    measure: () => ({
      rss: (memory.code + memory.live + memory.garbage + memory.kept) * mib,
      tracked: (memory.live + memory.garbage) * mib,
    }),
    held: () => memory.held * mib,
    collect() {
      collections.push((clock.now() - began) / 1000);
      memory.kept += memory.garbage;
      memory.garbage = 0;
    },
  };
  const limits = limitsOf(settings, () => 0);
  const limiter = createLimiter({ settings, limits, source }, context);
  const admits = (size = 0): boolean => {
    try {
      limiter.admit(size * mib);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedError);
      return false;
    }
  };
  const tick = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000);
      limiter.check();
    }
  };
  limiter.check();
  return { memory, limiter, admits, tick, collections, lines: context.lines };
}

describe('the soft limit', () => {
  it('is where data is refused, until there is memory again', async () => {
    const { memory, limiter, admits, tick, lines } = process();
    expect(admits()).toBe(true);
    memory.live = 760;
    limiter.check();
    expect(admits()).toBe(false);
    expect(() => limiter.admit(0)).toThrow('memory is short: 810 MiB are used, and from 800 MiB on nothing is taken');
    memory.live = 700;
    await tick(1);
    expect(admits()).toBe(true);
    await tick(10);
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'Memory is short: data is refused.',
        fields: { used_mib: 810, soft_limit_mib: 800, hard_limit_mib: 1000 },
      },
      {
        level: 'info',
        message: 'There is memory again: data is taken.',
        fields: { used_mib: 750, soft_limit_mib: 800, hard_limit_mib: 1000 },
      },
    ]);
  });

  it('counts between checks what has come to be held', () => {
    const { memory, limiter, admits } = process();
    memory.held = 699;
    expect(admits()).toBe(true);
    memory.held = 700;
    expect(admits()).toBe(false);
    memory.live = 300; // what is held was measured to need less
    limiter.check();
    expect(admits()).toBe(true);
  });

  it('counts what is announced, once', () => {
    const { memory, limiter, admits } = process();
    expect(admits(400)).toBe(true);
    expect(admits(400)).toBe(false);
    memory.held = 400; // what was announced has come
    expect(admits(299)).toBe(true);
    expect(() => limiter.admit(10 * mib)).toThrow(
      'memory is short: 799 MiB are used, 10 MiB would come, and from 800 MiB on nothing is taken',
    );
  });
});

describe('garbage', () => {
  it('is collected before anything is refused', () => {
    const { memory, limiter, admits, collections, lines } = process();
    memory.garbage = 800;
    limiter.check();
    expect([admits(), collections, lines]).toEqual([true, [0], []]);
  });

  it('that the allocator keeps counts as free, until it is used again or given back', async () => {
    const { memory, limiter, admits, tick } = process();
    memory.garbage = 900;
    limiter.check();
    expect(memory.kept).toBe(900);
    expect(admits(650)).toBe(true); // an RSS of 1000, of which 900 are free
    await tick(1);
    Object.assign(memory, { kept: 300, live: 650 });
    await tick(1);
    expect(admits(99)).toBe(true);
    await tick(1);
    expect(admits(100)).toBe(false);
    Object.assign(memory, { kept: 0, live: 50, code: 60 });
    await tick(1);
    memory.code = 760; // memory that nobody tracks is used memory
    await tick(1);
    expect(admits()).toBe(false);
  });

  it('is collected at most every 10 s above the soft limit, and ever more seldom while that does not help', async () => {
    const { memory, tick, collections } = process();
    memory.live = 800;
    await tick(100);
    expect(collections).toEqual([1, 11, 21, 31, 41, 57, 87]);
  });

  it('is collected at every check above the hard limit, and ever more seldom while that does not help', async () => {
    const { memory, tick, collections } = process();
    memory.live = 1000;
    await tick(100);
    expect(collections).toEqual([1, 2, 4, 8, 16, 32, 62, 92]);
  });

  it('is collected soon once enough has been let go', async () => {
    const { memory, tick, collections, admits } = process();
    Object.assign(memory, { live: 1000, held: 900 });
    await tick(40);
    Object.assign(memory, { live: 500, garbage: 500, held: 400 });
    await tick(1);
    expect(collections.at(-1)).toBe(41);
    expect(admits()).toBe(true);
  });

  it('just below the soft limit is collected when something was refused for it', async () => {
    const { memory, admits, tick, collections } = process();
    memory.garbage = 690;
    await tick(1);
    expect(collections).toEqual([]);
    expect(admits(50)).toBe(false);
    await tick(1);
    expect([admits(50), collections]).toEqual([true, [2]]);
  });

  it('is not collected for a request that is too big for any process', async () => {
    const { admits, tick, collections } = process();
    expect(admits(5000)).toBe(false);
    await tick(1);
    expect(collections).toEqual([]);
  });
});

it.each<[Input, number, number]>([
  [{ limit_mib: 1000 }, 800, 1000],
  [{ limit_mib: 1000, spike_limit_mib: 100 }, 900, 1000],
  [{ limit_percentage: 80 }, 640, 800],
  [{ limit_percentage: 80, spike_limit_percentage: 15 }, 650, 800],
  [{ limit_percentage: 80, limit_mib: 100, spike_limit_percentage: 15 }, 80, 100],
])('of 1000 MiB, %j is a soft limit of %i and a hard one of %i', (input, soft, hard) => {
  const limits = limitsOf(resolveConfig(config, input), () => 1000 * mib);
  expect([Math.round(limits.soft / mib), Math.round(limits.hard / mib)]).toEqual([soft, hard]);
});

it.each<[Input, string[], RegExp]>([
  [{}, [], /^There is no limit: give limit_mib, or limit_percentage such as 80\.$/],
  [{ limit_mib: 1, check_interval: '0s' }, ['check_interval'], /must be more than 0/],
  [{ limit_mib: 100, spike_limit_mib: 100 }, ['spike_limit_mib'], /must be less than limit_mib, 100/],
  [{ limit_percentage: 50, spike_limit_percentage: 60 }, ['spike_limit_percentage'], /less than limit_percentage, 50/],
  [
    { limit_mib: 1, min_gc_interval_when_hard_limited: '11s' },
    ['min_gc_interval_when_soft_limited'],
    /must not be less/,
  ],
])('the config %j is refused', (input, path, message) => {
  expect(check(resolveConfig(config, input))).toEqual([{ path, message: expect.stringMatching(message) as string }]);
});

it('is watched once for all that have the same config', async () => {
  const clock = manualClock();
  const context = testContext({ clock });
  const settings = resolveConfig(config, { limit_mib: 100_000 });
  const [one, two, other] = [settings, settings, { ...settings, limit_mib: 99_999 }].map((each) =>
    memoryLimit(each, context),
  );
  for (const limit of [one!, two!, other!, one!]) limit.start();
  expect(context.lines).toHaveLength(2);
  one!.shutdown();
  one!.shutdown();
  expect(() => two!.admit(200_000 * mib)).toThrow(RefusedError);
  for (const limit of [two!, other!, two!]) limit.shutdown();
  two!.admit(200_000 * mib); // no longer watched
  one!.start();
  expect(context.lines).toHaveLength(3);
  one!.shutdown();
});

const run = promisify(execFile);

describe('a real process with a soft limit of 250 MiB', () => {
  it.each([20_000, 1_000_000])('holds buffers of %i bytes up to it, and again when they are gone', async (size) => {
    const child = join(import.meta.dirname, '../testdata/hold.ts');
    const { stdout } = await run(globalThis.process.execPath, ['-C', 'source', child, String(size), '300']);
    const { rounds, logged } = JSON.parse(stdout) as {
      rounds: { heldMib: number; rssFull: number; recoveredMs: number }[];
      logged: string[];
    };
    expect(rounds).toHaveLength(2);
    for (const { heldMib, rssFull, recoveredMs } of rounds) {
      expect(heldMib).toBeGreaterThan(100);
      expect(rssFull).toBeLessThan(300);
      expect(recoveredMs).toBeLessThan(5000);
    }
    const short = ['Memory is short: data is refused.', 'There is memory again: data is taken.'];
    expect(logged).toEqual(['Watching memory.', ...short, ...short]);
  });
});

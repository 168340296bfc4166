import { type Batch, type Clock, memoryStorage, originOf, RefusedError, type Storage } from '@millrace/core';
import { type ManualClock, type Random, seeded } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { type FakeServer, fakeServer, type Sent } from './testdata/fake-server.ts';
import { idleOf, manualClock, metricsOf, type Pulling, pulling } from './testdata/pulling.ts';

const minutes = 60_000;
const lengthMs = 20 * minutes;
const delayMs = 30_000;

/** Each profile is of a function of its own, so that what comes says which were counted, and how often. */
function agents(random: Random, startMs: number): Sent[] {
  return Array.from({ length: 1_000 }, (_, index): Sent => {
    // Many agents send at full seconds, and at the seams of windows; some just before them.
    const grain = random.pick([1, 1_000_000, 1_000_000_000, 10_000_000_000]);
    const early = BigInt(grain === 10_000_000_000 ? random.pick([0, 0, 1, 999_999, 1_000_000, 1_000_001]) : 0);
    const offset = BigInt(1 + Math.floor((random.next() * lengthMs * 1e6) / grain)) * BigInt(grain) - early;
    const atMs = startMs + Number(offset / 1_000_000n);
    return {
      application: 'shop',
      atNs: BigInt(startMs) * 1_000_000n + offset,
      arrivesMs: atMs + random.below(delayMs - 1_000),
      stacks: [{ frames: ['main', `f${index}`], values: [1] }],
    };
  });
}

/** What a queue on disk keeps: a batch whose origin it knows is not taken twice. */
function receiving(state: { crashed: boolean; full: boolean; untilCrash: number }) {
  const known = new Map<string, Batch>();
  let twice = 0;
  return {
    known,
    twice: () => twice,
    async consume(batch: Batch) {
      if (state.crashed || state.full) throw new RefusedError('full');
      const { source, sequence } = originOf(batch)!;
      const key = `${source} ${sequence}`;
      if (known.has(key)) twice++;
      else known.set(key, batch);
      if (--state.untilCrash === 0) state.crashed = true;
    },
  };
}

/** How often each function was counted. */
function counted(batches: Iterable<Batch>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { resourceMetrics } of metricsOf([...batches]))
    for (const { scopeMetrics } of resourceMetrics)
      for (const { metrics } of scopeMetrics)
        for (const { descriptor, dataPoints } of metrics) {
          if (!descriptor.name.endsWith('.self')) continue;
          for (const { attributes, value } of dataPoints) {
            const name = String(attributes['code.function.name']);
            counts.set(name, (counts.get(name) ?? 0) + Number(value));
          }
        }
  return counts;
}

/** `hangs` costs real time, so it is rare. */
const moods = ['well', 'well', 'down', 'down', 'busy', 'busy', 'half', 'half', 'hangs'] as const;

/** A server that is down for a while, hangs up in the middle, is overloaded, or has no time. */
function badDay(random: Random, server: FakeServer): () => void {
  return () => {
    const kind = random.pick(['well', 'well', 'well', 'down', 'busy', 'moody'] as const);
    server.fault = (request, response) => {
      const is = kind === 'moody' ? random.pick(moods) : kind;
      if (is === 'well') return false;
      if (is === 'busy') response.writeHead(503).end('the server is starting');
      else if (is === 'half') {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('half');
        response.destroy();
      } else if (is === 'down') request.socket.destroy();
      return true;
    };
  };
}

it.each([
  ['legacy', 10, 'exact', 1],
  ['legacy', 60, 'exact', 2],
  ['v1', 10, 'exact', 3],
  ['v1', 60, 'floored', 4],
  ['v1', 30, 'exact', 5],
] as const)(
  'a %s server, windows of %i s, times %s: no second is counted twice or missed, whatever happens (seed %i)',
  async (generation, windowSeconds, times, seed) => {
    const random = seeded(seed);
    const time: ManualClock = manualClock(Date.UTC(2026, 0, 1, 11, 59, 47));
    /** How wrong the clock here is. */
    let wrongMs = random.int(-400_000, 400_000);
    const clock: Clock = { now: () => time.now() + wrongMs, sleep: time.sleep };
    const server = await fakeServer({ generation, now: time.now, times });
    const idle = idleOf(server);
    const all = agents(random, Math.ceil(time.now() / minutes + 1) * minutes);
    server.sent.push(...all);
    // A crash comes between two batches: from then on nothing is taken, and nothing is stored.
    const state = { crashed: false, full: false, untilCrash: 0 };
    const disk = memoryStorage();
    const storage: Storage = {
      ...disk,
      set: (key, value) => (state.crashed ? Promise.reject(new Error('crashed')) : disk.set(key, value)),
    };
    const taken = receiving(state);
    const config = {
      servers: [
        {
          endpoint: server.endpoint,
          generation: random.pick(['auto', generation]),
          window: `${windowSeconds}s`,
          timeout: '300ms',
          queries: [{ query: 'shop.cpu' }],
        },
      ],
      functions: { limit: 10_000 },
    };
    let run: Pulling | undefined = await pulling(config, { clock, storage, next: taken });
    const nextDay = badDay(random, server);
    await idle();
    const begun = time.now();
    while (time.now() < begun + lengthMs + 4 * minutes) {
      await time.advance(random.int(500, 6_000));
      await idle();
      if (random.chance(0.08)) nextDay();
      if (random.chance(0.06)) wrongMs += random.int(-900_000, 900_000);
      if (random.chance(0.06)) state.full = !state.full;
      if (random.chance(0.05)) state.untilCrash = random.int(1, 6);
      if (state.crashed || random.chance(0.03)) {
        await run.stop();
        state.crashed = false;
        state.untilCrash = 0;
        await time.advance(random.below(2 * minutes));
        run = await pulling(config, { clock, storage, next: taken });
        await idle();
      }
    }
    server.fault = undefined;
    Object.assign(state, { full: false, untilCrash: 0 });
    for (let passed = 0; passed < 15 * minutes; passed += 5_000) {
      await time.advance(5_000);
      await idle();
    }
    await run.stop();
    await server.close();
    const counts = counted(taken.known.values());
    const wrong = all.flatMap((_, index) => {
      const count = counts.get(`f${index}`) ?? 0;
      return count === 1 ? [] : [{ index, count }];
    });
    expect(wrong).toEqual([]);
    expect(run.context.lines.filter(({ message }) => message.includes('left out'))).toEqual([]);
    expect(taken.known.size).toBeGreaterThan(30);
    expect(taken.twice()).toBeGreaterThan(0);
  },
  120_000,
);

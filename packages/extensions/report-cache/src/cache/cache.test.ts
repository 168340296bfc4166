import type { Batch, MetricsBatch, ResourceMetrics } from '@millrace/core';
import { isPermanent, memoryStorage, metricsBatch, profilesBatch } from '@millrace/core';
import type { Random } from '@millrace/core/testing';
import { seeded, testContext } from '@millrace/core/testing';
import { batchFromRequest, encode } from '@millrace/otlp';
import { describe, expect, test } from 'vitest';
import { large, logs, report } from '../../testdata/batches.ts';
import { configOf } from '../../testdata/server.ts';
import type { Cache } from './cache.ts';
import { createCache } from './cache.ts';
import type { Subscription } from './subscription.ts';

const cacheOf = (config: object = {}, context = testContext()): Cache => createCache(configOf(config), context);

/** What a subscription has now: cursors, and `-n` for n that it missed. */
function drain(subscription: Subscription): number[] {
  const got: number[] = [];
  for (let next = subscription.take(); next; next = subscription.take())
    got.push('missed' in next ? -next.missed : next.cursor);
  return got;
}

const cursorsOf = (cache: Cache, cluster: string, after = 0): readonly number[] =>
  cache.range({ cluster, after, limit: 0 })!.reports.map(({ cursor }) => cursor);

describe('a batch', () => {
  test('is split by cluster, the bytes below the resources unchanged', async () => {
    const cache = cacheOf();
    const batch = report(['a', 'b', 'a', 7]);
    const without: ResourceMetrics = { ...batch.resourceMetrics[0]!, resource: { attributes: {} } };
    await cache.take(metricsBatch([...batch.resourceMetrics, without]));
    expect(cache.clusters()).toEqual(['', '7', 'a', 'b']);
    const [a] = cache.latest(['a']);
    expect(a!.otlp.equals(encode(metricsBatch([batch.resourceMetrics[0]!, batch.resourceMetrics[2]!])))).toBe(true);
  });

  test('that came as bytes stays these bytes', async () => {
    const cache = cacheOf();
    const request = Buffer.from(encode(report('a')));
    await cache.take(batchFromRequest('metrics', request));
    expect(cache.latest([])[0]!.otlp.equals(request)).toBe(true);
  });

  test('of nothing is no report, and profiles are refused for good', async () => {
    const cache = cacheOf();
    await cache.take(metricsBatch([]));
    expect(cache.latest([])).toEqual([]);
    const refused: unknown = await cache.take(profilesBatch(new Uint8Array(), 0)).catch((error: unknown) => error);
    expect(isPermanent(refused)).toBe(true);
  });

  test('whose clusters are told apart by another attribute', async () => {
    const cache = cacheOf({ cluster_attribute: 'host.name' });
    await cache.take(report('a'));
    expect(cache.clusters()).toEqual(['']);
  });
});

describe('bounds', () => {
  test('of reports are for each cluster and signal', async () => {
    const cache = cacheOf({ reports: 2 });
    for (let round = 0; round < 3; round++) {
      await cache.take(report(['a', 'b']));
      await cache.take(logs('a', 'x'));
    }
    expect(cursorsOf(cache, 'a')).toEqual([4, 6, 7, 9]);
    expect(cursorsOf(cache, 'b')).toEqual([5, 8]);
  });

  test('of bytes leave each cluster its newest as long as they can', async () => {
    const cache = cacheOf({ max_bytes: '10kB' });
    await cache.take(report('quiet'));
    for (let round = 0; round < 20; round++) await cache.take(large('busy', 2000));
    expect(cursorsOf(cache, 'quiet')).toEqual([1]);
    expect(cursorsOf(cache, 'busy')).toEqual([18, 19, 20, 21]);
    expect(cache.range({ cluster: 'busy', after: 5, limit: 0 })!.missed).toBe(12);
    await cache.take(large('huge', 9700));
    expect(cache.latest([]).map(({ cluster }) => cluster)).toEqual(['huge']);
  });

  test('a report that is larger than all that is allowed is dropped, and counted', async () => {
    const dropped: unknown[] = [];
    const add = (items: number, attributes: object): void => void dropped.push([items, attributes]);
    const context = testContext();
    const meter = Object.assign(Object.create(context.meter) as typeof context.meter, {
      createCounter: () => ({ add }),
    });
    const cache = cacheOf({ max_bytes: '1kB' }, testContext({ meter }));
    await cache.take(large('a', 2000));
    expect(cache.latest([])).toEqual([]);
    expect(dropped).toEqual([[1, { component: 'test', reason: 'too_large' }]]);
  });

  test('of clusters forget the one that was silent for longest', async () => {
    const context = testContext();
    const cache = cacheOf({ max_clusters: 2 }, context);
    for (const cluster of ['a', 'b', 'a', 'c']) await cache.take(report(cluster));
    expect(cache.clusters()).toEqual(['a', 'c']);
    expect(context.lines).toMatchObject([{ level: 'warn', fields: { cluster: 'b' } }]);
  });
});

describe('a subscriber', () => {
  test('that does not take loses the oldest, and is told how many', async () => {
    const cache = cacheOf({ subscriber_queue: 3 });
    const [slow, fast] = [1, 2].map(() => cache.subscribe({ clusters: [], after: undefined })) as [
      Subscription,
      Subscription,
    ];
    const got: number[] = [];
    for (let round = 0; round < 10; round++) {
      await cache.take(report('a'));
      got.push(...drain(fast));
    }
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(drain(slow)).toEqual([-7, 8, 9, 10]);
    await cache.take(report('a'));
    expect(drain(slow)).toEqual([11]);
  });

  test('begins with what is kept, however much, and loses nothing of it by what comes meanwhile', async () => {
    const cache = cacheOf({ reports: 10, subscriber_queue: 2 });
    for (let round = 0; round < 12; round++) await cache.take(report('a'));
    const subscription = cache.subscribe({ clusters: ['a'], after: 0 });
    for (let round = 0; round < 2; round++) await cache.take(report('a'));
    expect(drain(subscription)).toEqual([-2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  test('does not hold more than the bytes that are allowed', async () => {
    const cache = cacheOf({ max_bytes: '10kB', reports: 1 });
    const subscription = cache.subscribe({ clusters: [], after: undefined });
    for (let round = 0; round < 20; round++) await cache.take(large('a', 2000));
    expect(drain(subscription)).toEqual([-16, 17, 18, 19, 20]);
  });

  test('wakes when something comes, and when it is closed', async () => {
    const cache = cacheOf();
    const subscription = cache.subscribe({ clusters: [], after: undefined });
    const more = subscription.more();
    await cache.take(report('a'));
    await more;
    expect(drain(subscription)).toEqual([1]);
    const ended = subscription.more();
    await cache.close();
    await ended;
    expect(subscription.isClosed).toBe(true);
    expect(() => cache.subscribe({ clusters: [], after: undefined })).toThrow('shutting down');
    await expect(cache.take(report('a'))).rejects.toThrow('shut down');
  });
});

describe('storage', () => {
  test('has all that is kept, and cursors go on', async () => {
    const storage = memoryStorage();
    const config = { storage: 'file_storage', reports: 3 };
    const first = cacheOf(config, testContext({ storage }));
    await first.open();
    for (let round = 0; round < 10; round++) await first.take(report(['a', 'b'], round));
    await first.take(logs('a', 'x'));
    await first.close();

    const second = cacheOf(config, testContext({ storage }));
    await second.open();
    for (const cluster of ['a', 'b'])
      expect(second.range({ cluster, after: 0, limit: 0 })).toEqual(first.range({ cluster, after: 0, limit: 0 }));
    await second.take(report('a'));
    expect(cursorsOf(second, 'a')).toEqual([17, 19, 21, 22]);
  });

  test('takes as many values as reports are kept', async () => {
    const values = new Set<string>();
    const inner = memoryStorage();
    const storage = {
      ...inner,
      set: (key: string, value: Uint8Array) => inner.set(key, value).then(() => void values.add(key)),
      delete: (key: string) => inner.delete(key).then(() => void values.delete(key)),
    };
    const cache = cacheOf({ storage: 'x', reports: 5, max_bytes: '20kB' }, testContext({ storage }));
    await cache.open();
    for (let round = 0; round < 100; round++) await cache.take(report(['a', 'b']));
    expect(values.size).toBeLessThanOrEqual(14);
    await cache.take(large('a', 19_800));
    await cache.close();
    expect(values.size).toBeLessThanOrEqual(5);
  });

  test('that fails is told, and nothing is half taken', async () => {
    const inner = memoryStorage();
    let failures = 0;
    const storage = {
      ...inner,
      async set(key: string, value: Uint8Array) {
        if (key !== 'extent' && failures-- > 0) throw new Error('the disk is full');
        await inner.set(key, value);
      },
    };
    const cache = cacheOf({ storage: 'x' }, testContext({ storage }));
    await cache.open();
    failures = 1;
    await expect(cache.take(report(['a', 'b', 'c']))).rejects.toThrow('cannot write to its storage');
    expect(cache.latest([])).toEqual([]);
    await cache.take(report(['a', 'b', 'c']));
    expect(cache.latest([]).map(({ cursor }) => cursor)).toEqual([1, 2, 3]);
    await cache.close();
    const again = cacheOf({ storage: 'x' }, testContext({ storage }));
    await again.open();
    expect(again.latest([]).map(({ cluster, cursor }) => [cluster, cursor])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from('not a report')],
    ['another version', Buffer.from([8, 1, 18, 2, 10, 0])],
  ])('that has %s in a place of its leaves it out', async (_name, bytes) => {
    const storage = memoryStorage();
    const config = { storage: 'x' };
    const first = cacheOf(config, testContext({ storage }));
    await first.open();
    for (let round = 0; round < 3; round++) await first.take(report('a'));
    await storage.set('report-1', bytes);
    const context = testContext({ storage });
    const second = cacheOf(config, context);
    await second.open();
    expect(cursorsOf(second, 'a')).toEqual([1, 3]);
    expect(context.lines).toMatchObject([{ level: 'warn', fields: { slot: 1 } }]);
    await second.take(report('a'));
    expect(cursorsOf(second, 'a')).toEqual([1, 3, 4]);
  });
});

// What comes out is held against a list of all that ever went in.
test.each(Array.from({ length: 8 }, (_, seed) => seed))('by chance, seed %i', async (seed) => {
  const random = seeded(seed);
  const reports = random.int(1, 6);
  const storage = memoryStorage();
  const config = { reports, subscriber_queue: random.int(1, 8), storage: 'x' };
  let cache = cacheOf(config, testContext({ storage }));
  await cache.open();
  const all: { cluster: string; cursor: number }[] = [];
  const subscribers: { subscription: Subscription; clusters: readonly string[]; from: number; seen: number[] }[] = [];
  for (let step = 0; step < 200; step++) {
    const chosen = clustersOf(random);
    if (random.chance(0.6)) {
      await cache.take(batchOf(chosen));
      for (const cluster of chosen) all.push({ cluster, cursor: all.length + 1 });
    } else if (random.chance(0.3)) {
      const after = random.chance(0.5) ? undefined : random.int(0, all.length + 1);
      const subscription = cache.subscribe({ clusters: chosen, after });
      subscribers.push({ subscription, clusters: chosen, from: after ?? all.length, seen: [] });
    } else if (random.chance(0.1)) {
      for (const one of subscribers.splice(0)) checkSeen(one, all);
      await cache.close();
      cache = cacheOf(config, testContext({ storage }));
      await cache.open();
    } else for (const { subscription, seen } of subscribers) if (random.chance(0.5)) seen.push(...drain(subscription));
    const cluster = random.pick(chosen);
    const after = random.int(0, all.length + 1);
    const of = all.filter((one) => one.cluster === cluster);
    const range = cache.range({ cluster, after, limit: 0 });
    const wanted = of.filter(({ cursor }) => cursor > after).map(({ cursor }) => cursor);
    const keptNow = wanted.slice(-reports).filter((cursor) => of.slice(-reports).some((one) => one.cursor === cursor));
    expect(range?.reports.map(({ cursor }) => cursor) ?? []).toEqual(keptNow);
    // After a restart the count is one at the most.
    if (range) expect(range.missed).toBeGreaterThanOrEqual(wanted.length - keptNow.length);
  }
  for (const one of subscribers) checkSeen(one, all);

  function checkSeen(
    { subscription, clusters, from, seen }: (typeof subscribers)[number],
    came: readonly { cluster: string; cursor: number }[],
  ): void {
    seen.push(...drain(subscription));
    const wanted = came.filter(({ cluster, cursor }) => cursor > from && clusters.includes(cluster));
    const got = seen.filter((one) => one > 0);
    expect(got).toEqual(got.toSorted((a, b) => a - b));
    expect(wanted.map(({ cursor }) => cursor)).toEqual(expect.arrayContaining(got));
    const missed = seen.filter((one) => one < 0).reduce((sum, one) => sum - one, 0);
    expect(missed).toBeGreaterThanOrEqual(wanted.length - got.length);
  }
});

const clustersOf = (random: Random): readonly string[] =>
  ['a', 'b', 'c', 'd'].filter(() => random.chance(0.5)).concat('e');
const batchOf = (clusters: readonly string[]): Batch => report(clusters) satisfies MetricsBatch;

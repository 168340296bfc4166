import { describe, expect, it } from 'vitest';
import { type Batch, itemCount, metricsBatch, partsOf, pointType, valueType } from '../batch.ts';
import type { Clock, Consumer, StoredBatches } from '../component.ts';
import type { QueueConfig } from '../config/model.ts';
import { PermanentError, RefusedError, ThrottleError } from '../errors.ts';
import { manualClock, sink, testContext } from '../testing/index.ts';
import { fanOut } from './fanout.ts';
import { queue as createQueue, type Queue, type QueueEvents } from './queue.ts';
import { diskStore, memoryStore, type Store } from './store.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

function batch(points = 1): Batch {
  const dataPoints = Array.from({ length: points }, (_, value) => ({
    startTime: [0, 0] as const,
    endTime: [1, 0] as const,
    attributes: {},
    value,
  }));
  const descriptor = { name: 'm', description: '', unit: '1', valueType: valueType.int };
  const metrics = [{ descriptor, dataPointType: pointType.gauge, dataPoints }];
  return metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 's' }, metrics }] }]);
}

/** A consumer that holds every batch until the test lets it go. */
function gate(): Consumer & { readonly held: { batch: Batch; pass(): void; fail(error: unknown): void }[] } {
  const held: { batch: Batch; pass(): void; fail(error: unknown): void }[] = [];
  return {
    held,
    consume: (one, signal) =>
      new Promise((resolve, reject) => {
        held.push({ batch: one, pass: resolve, fail: reject });
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  };
}

const queueConfig = {
  enabled: true,
  num_consumers: 1,
  queue_size: 2,
  sizer: 'requests',
  max_bytes: 1e9,
  block_on_overflow: false,
} as const;
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const noDrops = { dropped: (_batch: Batch, error: unknown) => expect.unreachable(String(error)) };

interface Options {
  readonly store?: Store;
  readonly clock?: Clock;
}

const unopened = (
  next: Consumer,
  config: QueueConfig,
  { store = memoryStore(), clock = manualClock(), ...events }: Pick<QueueEvents, 'dropped'> & Options,
): Queue =>
  createQueue(next, config, {
    store,
    clock,
    events: { ...events, unreadable: (error) => expect.unreachable(String(error)) },
  });

function queue(...settings: Parameters<typeof unopened>): Queue {
  const opened = unopened(...settings);
  void opened.open();
  return opened;
}

describe('queue', () => {
  it('accepts at once and delivers in order', async () => {
    const next = sink();
    const waiting = queue(next, queueConfig, noDrops);
    const batches = [batch(), batch()];
    for (const one of batches) await waiting.consume(one);
    await waiting.shutdown(AbortSignal.timeout(1000));
    expect(next.batches).toEqual(batches);
    expect(waiting.size).toBe(0);
  });

  it('refuses when full, what is being delivered included', async () => {
    const next = gate();
    const waiting = queue(next, queueConfig, noDrops);
    await waiting.consume(batch());
    await waiting.consume(batch());
    await expect(waiting.consume(batch())).rejects.toThrow(RefusedError);
    next.held[0]!.pass();
    await tick();
    await waiting.consume(batch());
    expect(waiting.size).toBe(2);
  });

  it('makes the sender wait with block_on_overflow', async () => {
    const next = gate();
    const waiting = queue(next, { ...queueConfig, queue_size: 1, block_on_overflow: true }, noDrops);
    await waiting.consume(batch());
    let taken = false;
    const second = waiting.consume(batch()).then(() => (taken = true));
    await tick();
    expect(taken).toBe(false);
    next.held[0]!.pass();
    await second;
    expect(taken).toBe(true);
  });

  it('is bounded in bytes whatever the sizer, and takes a batch larger than itself only when empty', async () => {
    const next = gate();
    const waiting = queue(next, { ...queueConfig, queue_size: 1000, max_bytes: 1000 }, noDrops);
    await waiting.consume(batch(100));
    await expect(waiting.consume(batch(1))).rejects.toThrow(/full \(1 of 1000 requests, \d+ of 1000 bytes\)/);
  });

  it('drops what the deadline cuts short, and says so', async () => {
    const dropped: Batch[] = [];
    const waiting = queue(gate(), queueConfig, { dropped: (one) => dropped.push(one) });
    const batches = [batch(), batch()];
    for (const one of batches) await waiting.consume(one);
    await waiting.shutdown(AbortSignal.timeout(20));
    expect(new Set(dropped)).toEqual(new Set(batches));
    await expect(waiting.consume(batch())).rejects.toThrow('shut down');
  });

  it('releases to a successor what it has not delivered, in order', async () => {
    const waiting = queue(gate(), queueConfig, noDrops);
    const batches = [batch(), batch()];
    for (const one of batches) await waiting.consume(one);
    const held = await waiting.release(AbortSignal.timeout(20));
    expect(held).toEqual(batches);
    const next = sink();
    const successor = unopened(next, { ...queueConfig, queue_size: 1 }, noDrops);
    successor.adopt(held);
    await successor.open();
    await successor.shutdown(AbortSignal.timeout(1000));
    expect(next.batches).toEqual(batches);
  });
});

/** Batches that outlive the queues that are opened on them. */
function disk(): Store & { readonly kept: Batch[] } {
  const kept: Batch[] = [];
  const open = async (): Promise<StoredBatches> => {
    let at = 0;
    let isOpen = true;
    return {
      get size() {
        return { batches: kept.length, items: kept.reduce((sum, one) => sum + itemCount(one), 0), bytes: 0 };
      },
      async append(one) {
        await tick();
        kept.push(one);
      },
      async read() {
        await tick();
        const one = kept[at];
        if (!one || !isOpen) return undefined;
        at++;
        const done = (): void => {
          if (!isOpen) return;
          kept.splice(kept.indexOf(one), 1);
          at--;
        };
        return { batch: one, done };
      },
      close: async () => void (isOpen = false),
    };
  };
  return Object.defineProperties(diskStore(open), { kept: { value: kept } }) as Store & { readonly kept: Batch[] };
}

describe('queue on disk', () => {
  it('takes when it is written, delivers in order and forgets what is delivered', async () => {
    const next = sink();
    const store = disk();
    const waiting = unopened(next, { ...queueConfig, queue_size: 10 }, { store, ...noDrops });
    await expect(waiting.consume(batch())).rejects.toThrow('not open yet');
    await waiting.open();
    const batches = Array.from({ length: 7 }, (_, index) => batch(index + 1));
    await Promise.all(batches.map((one) => waiting.consume(one)));
    await expect.poll(() => next.batches).toEqual(batches);
    await expect.poll(() => store.kept).toEqual([]);
    expect(waiting.size).toBe(0);
  });

  it('keeps for the next start what a shutdown cuts short', async () => {
    const store = disk();
    const first = queue(gate(), queueConfig, { store, ...noDrops });
    await tick();
    const batches = [batch(1), batch(2)];
    for (const one of batches) await first.consume(one);
    await expect(first.consume(batch())).rejects.toThrow(RefusedError);
    await first.shutdown(AbortSignal.timeout(20));
    const next = sink();
    const second = queue(next, queueConfig, { store, ...noDrops });
    await expect.poll(() => next.batches).toEqual(batches);
    await second.shutdown(AbortSignal.timeout(20));
    expect(store.kept).toEqual([]);
  });
});

describe('queue with batch', () => {
  const gathering = {
    ...queueConfig,
    queue_size: 100,
    batch: { flush_timeout: 200, min_size: 10, max_size: 0, sizer: 'items', partition: { metadata_keys: [] } },
  } as const;
  const sizes = (next: { readonly batches: readonly Batch[] }): number[] => next.batches.map(itemCount);

  it('sends when it has enough, or has waited', async () => {
    const next = sink();
    const clock = manualClock();
    const waiting = queue(next, gathering, { clock, ...noDrops });
    for (const points of [4, 4, 4, 1]) await waiting.consume(batch(points));
    await tick();
    expect(sizes(next)).toEqual([12]);
    await clock.advance(199);
    expect(sizes(next)).toEqual([12]);
    await clock.advance(1);
    expect(sizes(next)).toEqual([12, 1]);
    expect(waiting.size).toBe(0);
  });

  it('cuts what is too large, and counts a batch as held until all of it is delivered', async () => {
    const next = gate();
    const config = { ...gathering, batch: { ...gathering.batch, max_size: 10 } };
    const waiting = queue(next, config, noDrops);
    await waiting.consume(batch(25));
    const points: number[] = [];
    for (let piece = 0; piece < 3; piece++) {
      await tick();
      expect(waiting.size).toBe(1);
      points.push(itemCount(next.held[piece]!.batch));
      next.held[piece]!.pass();
    }
    await tick();
    expect(points).toEqual([10, 10, 5]);
    expect(waiting.size).toBe(0);
  });

  it('keeps apart what differs in its metadata', async () => {
    const next = sink();
    const config = { ...gathering, batch: { ...gathering.batch, partition: { metadata_keys: ['X-Tenant'] } } };
    const waiting = queue(next, config, noDrops);
    const of = (tenant: string): Batch => ({ ...batch(5), metadata: { 'x-tenant': [tenant], 'user-agent': [tenant] } });
    for (const tenant of ['a', 'b', 'b', 'a']) await waiting.consume(of(tenant));
    await tick();
    expect(next.batches.map(({ metadata }) => metadata)).toEqual([{ 'x-tenant': ['b'] }, { 'x-tenant': ['a'] }]);
    expect(sizes(next)).toEqual([10, 10]);
  });

  it('sends what it gathers at a shutdown', async () => {
    const next = sink();
    const waiting = queue(next, gathering, noDrops);
    await waiting.consume(batch(3));
    await waiting.shutdown(AbortSignal.timeout(1000));
    expect(sizes(next)).toEqual([3]);
  });

  it('drops of a merged batch only the part that is refused for good', async () => {
    const bad = batch(3);
    const dropped: Batch[] = [];
    const taken: Batch[] = [];
    const next: Consumer = {
      async consume(merged) {
        if (partsOf(merged).includes(bad)) throw new PermanentError('no');
        taken.push(...partsOf(merged));
      },
    };
    const waiting = queue(next, gathering, { dropped: (one) => dropped.push(one) });
    const good = [batch(1), batch(2), batch(2), batch(2)];
    for (const one of [good[0]!, bad, ...good.slice(1)]) await waiting.consume(one);
    await expect.poll(() => waiting.size).toBe(0);
    expect(taken).toEqual(good);
    expect(dropped).toEqual([bad]);
  });
});

describe('fan-out', () => {
  it('leaves nothing half delivered when one refuses', async () => {
    const good = sink();
    const full = queue(gate(), { ...queueConfig, queue_size: 1 }, noDrops);
    await full.consume(batch());
    const both = fanOut([queue(good, queueConfig, noDrops), full]);
    await expect(both.consume(batch())).rejects.toThrow(RefusedError);
    await tick();
    expect(good.batches).toEqual([]);
  });

  it('a blocked one delays, and then all get the batch', async () => {
    const good = sink();
    const slow = gate();
    const full = queue(slow, { ...queueConfig, queue_size: 1, block_on_overflow: true }, noDrops);
    await full.consume(batch());
    const both = fanOut([queue(good, queueConfig, noDrops), full]);
    const consumed = both.consume(batch());
    await tick();
    expect(good.batches).toHaveLength(0);
    slow.held[0]!.pass();
    await consumed;
    await tick();
    expect(good.batches).toHaveLength(1);
  });

  it('is permanent only if every refusal is', async () => {
    const failing = (error: Error): Consumer => ({ consume: async () => Promise.reject(error) });
    const mixed = fanOut([failing(new PermanentError('bad')), failing(new Error('down'))]);
    await expect(mixed.consume(batch())).rejects.toThrow('2 of 2 consumers refused the batch');
  });
});

const retryConfig = {
  enabled: true,
  initial_interval: 1000,
  max_interval: 4000,
  max_elapsed_time: 60_000,
  multiplier: 2,
  randomization_factor: 0,
};

describe('retry', () => {
  it('waits longer each time, up to the longest interval', async () => {
    const clock = manualClock();
    const next = sink();
    next.failures.push(...Array.from({ length: 4 }, () => new Error('down')));
    const began = clock.now();
    const done = retry(next, retryConfig, testContext({ clock }))
      .consume(batch())
      .then(() => clock.now() - began);
    await clock.advance(60_000);
    expect(await done).toBe(1000 + 2000 + 4000 + 4000);
  });

  it('never tries a permanent failure again', async () => {
    const next = sink();
    next.failures.push(new PermanentError('bad data'));
    await expect(retry(next, retryConfig, testContext()).consume(batch())).rejects.toThrow('bad data');
    expect(next.failures).toEqual([]);
  });

  it('waits at least as long as the other side asked for', async () => {
    const clock = manualClock();
    const next = sink();
    next.failures.push(new ThrottleError('slow down', 30_000));
    const began = clock.now();
    const done = retry(next, retryConfig, testContext({ clock }))
      .consume(batch())
      .then(() => clock.now() - began);
    await clock.advance(60_000);
    expect(await done).toBe(30_000);
  });

  it('gives up when max_elapsed_time is up, and says after how long and why', async () => {
    const clock = manualClock();
    const next: Consumer = { consume: async () => Promise.reject(new Error('down')) };
    const done = retry(next, retryConfig, testContext({ clock })).consume(batch());
    const rejected = expect(done).rejects.toThrow('gave up after 1m of retrying: down');
    await clock.advance(120_000);
    await rejected;
  });

  it('says once that it cannot deliver, and once that it can again', async () => {
    const clock = manualClock();
    const context = testContext({ clock });
    const next = sink();
    next.failures.push(new Error('down'), new Error('down'), new Error('down'));
    const done = retry(next, retryConfig, context).consume(batch());
    await clock.advance(60_000);
    await done;
    expect(context.lines.map(({ message }) => message)).toEqual([
      'Could not deliver, trying again.',
      'Delivering again.',
    ]);
  });
});

describe('timeout', () => {
  it('ends an attempt that does not listen to its signal', async () => {
    const deaf: Consumer = { consume: () => new Promise(() => {}) };
    await expect(timeout(deaf, 10).consume(batch())).rejects.toThrow('timed out after 10ms');
  });
});

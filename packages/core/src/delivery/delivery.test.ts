import { describe, expect, it } from 'vitest';
import { metricsBatch, pointType, valueType, type Batch } from '../batch.ts';
import type { Consumer } from '../component.ts';
import { PermanentError, RefusedError, ThrottleError } from '../errors.ts';
import { manualClock, sink, testContext } from '../testing/index.ts';
import { fanOut } from './fanout.ts';
import { queue, type Queue } from './queue.ts';
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
    const successor: Queue = queue(next, { ...queueConfig, queue_size: 1 }, noDrops);
    successor.adopt(held);
    await successor.shutdown(AbortSignal.timeout(1000));
    expect(next.batches).toEqual(batches);
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

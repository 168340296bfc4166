import { readFileSync } from 'node:fs';
import type { Batch, Consumer, InputOf, MetricsBatch } from '@millrace/core';
import {
  PermanentError,
  RefusedError,
  ThrottleError,
  itemCount,
  logsBatch,
  metricsBatch,
  pointType,
  resolveConfig,
  valueType,
} from '@millrace/core';
import { manualClock, render, sink, testContext } from '@millrace/core/testing';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import batch from './index.ts';

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const deadline = AbortSignal.timeout(60_000);

function start(input: InputOf<typeof batch.config>, next: Consumer = sink()) {
  const clock = manualClock();
  return { clock, processor: batch.create(resolveConfig(batch.config, input), testContext({ clock }), next) };
}

/** One metric with these values, of one resource. */
const values = (sender: string, ...list: number[]): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: { sender } },
      scopeMetrics: [
        {
          scope: { name: 'test' },
          metrics: [
            {
              descriptor: { name: 'm', description: '', unit: '1', valueType: valueType.int },
              dataPointType: pointType.gauge,
              dataPoints: list.map((value) => ({ startTime: [0, 0], endTime: [1, 0], attributes: { value }, value })),
            },
          ],
        },
      ],
    },
  ]);

const logs = (...bodies: string[]): Batch =>
  logsBatch([
    {
      resource: { attributes: {} },
      scopeLogs: [
        { scope: { name: 'test' }, logRecords: bodies.map((body) => ({ observedTime: [1, 0], body, attributes: {} })) },
      ],
    },
  ]);

const senders = (merged: Batch): unknown[] =>
  (merged as MetricsBatch).resourceMetrics.map(({ resource }) => resource.attributes.sender);

/** What a promise has come to by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const state = promise.then(
    () => 'accepted',
    (error: unknown) => `${error instanceof Error ? error.message : String(error)}`,
  );
  return Promise.race([state, new Promise<string>((resolve) => setImmediate(() => resolve('waiting')))]);
}

describe('when a batch goes', () => {
  it('at once when the size is reached', async () => {
    const next = sink();
    const { processor } = start({ send_batch_size: 4 }, next);
    const first = processor.consume(values('a', 1, 2));
    expect(await stateOf(first)).toBe('waiting');
    const second = processor.consume(values('b', 3, 4));
    await Promise.all([first, second]);
    expect(next.batches.map(senders)).toEqual([['a', 'b']]);
  });

  it('after the timeout of the first that waits', async () => {
    const next = sink();
    const { clock, processor } = start({ timeout: '200ms' }, next);
    const first = processor.consume(values('a', 1));
    await clock.advance(150);
    const second = processor.consume(values('b', 2));
    await clock.advance(49);
    expect(next.batches).toEqual([]);
    await clock.advance(1);
    await Promise.all([first, second]);
    expect(next.batches.map(senders)).toEqual([['a', 'b']]);
  });

  it('a full batch does not shorten the wait of the next', async () => {
    const next = sink();
    const { clock, processor } = start({ send_batch_size: 2 }, next);
    await clock.advance(100);
    await processor.consume(values('a', 1, 2));
    const late = processor.consume(values('b', 3));
    await clock.advance(199);
    expect(await stateOf(late)).toBe('waiting');
    await clock.advance(1);
    expect(await stateOf(late)).toBe('accepted');
  });

  it.each([{ timeout: '0s' }, { send_batch_size: 0 }])('at once with %o', async (input) => {
    const next = sink();
    await start(input, next).processor.consume(values('a', 1));
    expect(next.items).toBe(1);
  });

  it('metrics and logs apart', async () => {
    const next = sink();
    const { processor } = start({ send_batch_size: 2 }, next);
    const metric = processor.consume(values('a', 1));
    await processor.consume(logs('x', 'y'));
    expect(await stateOf(metric)).toBe('waiting');
    expect(next.batches.map(({ signal }) => signal)).toEqual(['logs']);
    await processor.shutdown?.(deadline);
    await metric;
  });

  it('a batch with nothing in it is not waited for', async () => {
    const next = sink();
    await start({}, next).processor.consume(metricsBatch([]));
    expect(next.batches).toEqual([]);
  });
});

describe('send_batch_max_size', () => {
  it('keeps whole what fits, and cuts what alone is too large', async () => {
    const next = sink();
    const { clock, processor } = start({ send_batch_size: 3, send_batch_max_size: 3 }, next);
    const all = [processor.consume(values('a', 1, 2)), processor.consume(values('b', 3, 4, 5, 6, 7, 8, 9))];
    await clock.advance(200);
    await Promise.all(all);
    expect(next.batches.map(itemCount)).toEqual([2, 3, 3, 1]);
    expect(next.batches.map(render).join('')).toBe(
      render(values('a', 1, 2)) + [[3, 4, 5], [6, 7, 8], [9]].map((list) => render(values('b', ...list))).join(''),
    );
  });

  it('must not be below send_batch_size', () => {
    const check = (max: number) =>
      batch.check?.(resolveConfig(batch.config, { send_batch_size: 10, send_batch_max_size: max }));
    expect(check(9)).toEqual([expect.objectContaining({ path: ['send_batch_max_size'] })]);
    expect([check(10), check(0)]).toEqual([[], []]);
  });
});

describe('the outcome', () => {
  it('comes when next has accepted, not before', async () => {
    const gate = Promise.withResolvers<void>();
    const { processor } = start({ send_batch_size: 1 }, { consume: () => gate.promise });
    const sent = processor.consume(values('a', 1));
    expect(await stateOf(sent)).toBe('waiting');
    gate.resolve();
    expect(await stateOf(sent)).toBe('accepted');
  });

  it.each([new Error('later'), new ThrottleError('slower', 1000), new RefusedError('full')])(
    '%s reaches every sender, and nothing is sent twice',
    async (error) => {
      const next = sink();
      next.failures.push(error);
      const { processor } = start({ send_batch_size: 2 }, next);
      const outcomes = await Promise.allSettled([processor.consume(values('a', 1)), processor.consume(values('b', 2))]);
      expect(outcomes).toEqual([
        { status: 'rejected', reason: error },
        { status: 'rejected', reason: error },
      ]);
      expect(next.items).toBe(0);
    },
  );

  it('a refusal for good reaches only the sender of the bad data', async () => {
    const accepted: unknown[] = [];
    let calls = 0;
    const next: Consumer = {
      async consume(merged) {
        calls++;
        const bad = senders(merged).filter((sender) => String(sender).startsWith('bad'));
        if (bad.length > 0) throw new PermanentError(`no ${bad.join()}`);
        accepted.push(...senders(merged));
      },
    };
    const names = Array.from({ length: 64 }, (_, index) => (index === 17 ? 'bad' : `s${index}`));
    const { processor } = start({ send_batch_size: 64 }, next);
    const outcomes = await Promise.allSettled(names.map((name) => processor.consume(values(name, 1))));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: new PermanentError('no bad') },
    ]);
    expect(outcomes[17]!.status).toBe('rejected');
    expect(accepted).toEqual(names.filter((name) => name !== 'bad'));
    expect(calls).toBe(13); // Halves, not one by one: 1 + 2 · log2(64).
  });

  it('a sender whose batch was cut has one outcome, when all its parts have', async () => {
    const next = sink();
    const { processor } = start({ send_batch_size: 2, send_batch_max_size: 2 }, next);
    next.failures.push(new PermanentError('bad'));
    await expect(processor.consume(values('a', 1, 2, 3, 4))).rejects.toThrow('bad');
    expect(next.items).toBe(2);
    next.failures.push(new PermanentError('bad'), new Error('later'));
    const mixed = processor.consume(values('a', 1, 2, 3, 4));
    await expect(mixed).rejects.toMatchObject({ errors: [{ message: 'bad' }, { message: 'later' }] });
  });

  it('several batches may be on their way, in the order in which they were filled', async () => {
    const gates: (() => void)[] = [];
    const order: unknown[] = [];
    const { processor } = start(
      { send_batch_size: 1 },
      {
        consume(merged) {
          order.push(...senders(merged));
          return new Promise((resolve) => gates.push(resolve));
        },
      },
    );
    const sent = ['a', 'b', 'c'].map((name) => processor.consume(values(name, 1)));
    expect(order).toEqual(['a', 'b', 'c']);
    gates[2]!();
    expect(await Promise.all(sent.map(stateOf))).toEqual(['waiting', 'waiting', 'accepted']);
    for (const open of gates) open();
    await Promise.all(sent);
  });
});

describe('a caller that gives up', () => {
  it('takes its data out of the buffer', async () => {
    const next = sink();
    const { clock, processor } = start({}, next);
    const gone = new AbortController();
    const first = processor.consume(values('a', 1), gone.signal);
    const second = processor.consume(values('b', 2));
    gone.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await clock.advance(200);
    await second;
    expect(next.batches.map(senders)).toEqual([['b']]);
  });

  it('leaves no timer behind that would send for nobody', async () => {
    const next = sink();
    const { clock, processor } = start({}, next);
    const gone = new AbortController();
    const first = processor.consume(values('a', 1), gone.signal);
    gone.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    await clock.advance(100);
    const second = processor.consume(values('b', 2));
    await clock.advance(100);
    expect(await stateOf(second)).toBe('waiting');
    await clock.advance(100);
    expect(await stateOf(second)).toBe('accepted');
  });

  it('ends a delivery only when nobody else waits for it', async () => {
    let aborted: unknown;
    const { processor } = start(
      { send_batch_size: 2 },
      {
        consume: (_, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              aborted = signal.reason;
              reject(signal.reason as Error);
            });
          }),
      },
    );
    const one = new AbortController();
    const two = new AbortController();
    const first = processor.consume(values('a', 1), one.signal);
    const second = processor.consume(values('b', 2), two.signal);
    one.abort(new Error('one'));
    await expect(first).rejects.toThrow('one');
    expect(aborted).toBeUndefined();
    two.abort(new Error('two'));
    await expect(second).rejects.toThrow('two');
    expect(aborted).toEqual(new Error('two'));
  });

  it('before it began sends nothing', async () => {
    const next = sink();
    const { processor } = start({ timeout: '0s' }, next);
    await expect(processor.consume(values('a', 1), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(next.items).toBe(0);
  });
});

describe('shutdown', () => {
  it('sends what is held and takes no more', async () => {
    const next = sink();
    const { processor } = start({}, next);
    const held = processor.consume(values('a', 1));
    await processor.shutdown?.(deadline);
    await held;
    expect(next.items).toBe(1);
    await expect(processor.consume(values('b', 2))).rejects.toBeInstanceOf(RefusedError);
    await processor.shutdown?.(deadline);
  });

  it('ends with its deadline even if next never answers', async () => {
    const { processor } = start({}, { consume: () => new Promise(() => {}) });
    const held = processor.consume(values('a', 1));
    const late = new AbortController();
    const done = processor.shutdown?.(late.signal);
    late.abort(new Error('too late'));
    await expect(held).rejects.toThrow('too late');
    await done;
  });
});

it('counts what it sends under the names of the collector', async () => {
  const reader = new ManualReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  const clock = manualClock();
  const config = resolveConfig(batch.config, { send_batch_size: 2 });
  const processor = batch.create(config, testContext({ id: 'batch/x', clock, meter }), sink());
  await processor.consume(values('a', 1, 2, 3));
  const late = processor.consume(values('b', 4));
  await clock.advance(200);
  await late;
  const { resourceMetrics } = await reader.collect();
  const points = resourceMetrics.scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => {
    const [{ attributes, value }] = dataPoints as unknown as [{ attributes: object; value: number | { sum: number } }];
    return [descriptor.name, attributes, typeof value === 'number' ? value : value.sum];
  });
  const attributes = { processor: 'batch/x' };
  expect(points).toEqual([
    ['otelcol_processor_batch_batch_send_size', attributes, 4],
    ['otelcol_processor_batch_batch_size_trigger_send', attributes, 1],
    ['otelcol_processor_batch_timeout_trigger_send', attributes, 1],
  ]);
});

it('the example is a valid config', () => {
  const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
    processors: { batch: InputOf<typeof batch.config> };
  };
  expect(batch.check?.(resolveConfig(batch.config, example.processors.batch))).toEqual([]);
});

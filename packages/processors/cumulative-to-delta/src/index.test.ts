import { readFileSync } from 'node:fs';
import type { MetricsBatch } from '@millrace/core';
import { logsBatch, pointType, resolveConfig, temporality } from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import cumulativeToDelta from './index.ts';
import { batchOf, descriptor, type Input, type Kind, start, sum } from './testdata/run.ts';

describe('what is a series of its own', () => {
  it.each<[string, MetricsBatch, MetricsBatch, boolean]>([
    ['attributes in another order', batchOf([[1, 2, 5, { a: 1, b: 2 }]]), batchOf([[1, 3, 7, { b: 2, a: 1 }]]), true],
    ['other attributes', batchOf([[1, 2, 5, { a: 1 }]]), batchOf([[1, 3, 7, { a: '1' }]]), false],
    [
      'another resource object',
      batchOf([[1, 2, 5]], sum, { host: 'a' }),
      batchOf([[1, 3, 7]], sum, { host: 'a' }),
      true,
    ],
    ['another resource', batchOf([[1, 2, 5]], sum, { host: 'a' }), batchOf([[1, 3, 7]], sum, { host: 'b' }), false],
    [
      'another unit',
      batchOf([[1, 2, 5]]),
      batchOf([[1, 3, 7]], { ...sum, descriptor: { ...descriptor, unit: 'x' } }),
      false,
    ],
    [
      'another description',
      batchOf([[1, 2, 5]]),
      batchOf([[1, 3, 7]], { ...sum, descriptor: { ...descriptor, description: 'x' } }),
      true,
    ],
  ])('%s', async (_name, first, second, isSame) => {
    const run = start({ initial_value: 'keep' });
    await run.consume(first);
    await run.consume(second);
    expect(run.points()[1]).toEqual(isSame ? [2, 3, 2] : [1, 3, 7]);
  });
});

describe('what is not converted', () => {
  const named = (name: string): Kind => ({ ...sum, descriptor: { ...descriptor, name } });
  it.each<[string, Kind, Input]>([
    ['a gauge', { descriptor, dataPointType: pointType.gauge }, {}],
    ['a summary', { descriptor, dataPointType: pointType.summary }, {}],
    ['a sum that may fall', { ...sum, isMonotonic: false }, {}],
    ['a delta', { ...sum, aggregationTemporality: temporality.delta }, {}],
    ['what is neither', { ...sum, aggregationTemporality: temporality.unspecified }, {}],
    ['what is not included', sum, { include: { metrics: ['request'] } }],
    ['what is not included by pattern', sum, { include: { match_type: 'regexp', metrics: ['^x', 'y$'] } }],
    ['what is excluded', named('a'), { include: { metrics: ['a'] }, exclude: { metrics: ['a'] } }],
    ['a type that is not included', sum, { include: { metric_types: ['histogram', 'exponentialhistogram'] } }],
    ['a type that is excluded', sum, { exclude: { metric_types: ['sum'] } }],
  ])('%s', async (_name, metric, input) => {
    const run = start(input);
    const batch = batchOf([[1, 2, 5]], metric);
    await run.consume(batch);
    expect(run.next.batches[0]).toBe(batch);
  });

  it('logs', async () => {
    const next = sink();
    const logs = logsBatch([]);
    await cumulativeToDelta.create(resolveConfig(cumulativeToDelta.config, {}), testContext(), next).consume(logs);
    expect(next.batches).toEqual([logs]);
  });
});

describe('a batch that is refused', () => {
  it('gives the same when it comes again', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    for (let attempt = 0; attempt < 3; attempt++) {
      run.next.failures.push(new Error('later'));
      await expect(
        run.consume(
          batchOf([
            [1, 3, 15],
            [1, 4, 16],
            [1, 2, 1],
          ]),
        ),
      ).rejects.toThrow('later');
    }
    await run.consume(
      batchOf([
        [1, 3, 15],
        [1, 4, 16],
        [1, 2, 1],
      ]),
    );
    expect(run.points()).toEqual([
      [1, 2, 10],
      [2, 3, 5],
      [3, 4, 1],
    ]);
    expect(run.dropped).toEqual({ out_of_order: 1 });
  });

  it('does not end a series', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    run.next.failures.push(new Error('later'));
    await expect(run.consume(batchOf([[1, 3, undefined]]))).rejects.toThrow('later');
    await run.consume(batchOf([[1, 4, 12]]));
    expect(run.points()).toEqual([
      [1, 2, 10],
      [2, 4, 2],
    ]);
  });

  it('does not undo one that overtook it', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    run.next.failures.push(new Error('later'));
    const refused = run.consume(batchOf([[1, 3, 15]]));
    const taken = run.consume(batchOf([[1, 4, 18]]));
    await expect(refused).rejects.toThrow('later');
    await taken;
    await run.consume(batchOf([[1, 5, 20]]));
    expect(run.points()).toEqual([
      [1, 2, 10],
      [3, 4, 3],
      [4, 5, 2],
    ]);
  });
});

describe('max_staleness', () => {
  it('forgets a series that was not seen for so long', async () => {
    const run = start({ initial_value: 'drop', max_staleness: '1m' });
    await run.consume(batchOf([[1, 2, 10]]));
    await run.clock.advance(60_000);
    await run.consume(batchOf([[1, 62, 12]]));
    await run.clock.advance(60_001);
    await run.consume(batchOf([[1, 123, 13]]));
    expect(run.points()).toEqual([[2, 62, 2]]);
    expect(run.dropped).toEqual({ initial: 2 });
  });

  it('0 remembers for ever', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    await run.clock.advance(1e9);
    await run.consume(batchOf([[1, 1e6, 11]]));
    expect(run.points()[1]).toEqual([2, 1e6, 1]);
  });
});

describe('the config', () => {
  const check = (input: Input) => cumulativeToDelta.check?.(resolveConfig(cumulativeToDelta.config, input));

  it.each<[Input, (string | number)[], RegExp]>([
    [{ include: {} }, ['include'], /^There is no condition under include/],
    [{ exclude: { match_type: 'regexp', metrics: ['('] } }, ['exclude', 'metrics', 0], /^Invalid regular expression/],
  ])('%j', (input, path, message) => {
    expect(check(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      processors: { cumulative_to_delta: Input };
    };
    expect(check(example.processors.cumulative_to_delta)).toEqual([]);
  });
});

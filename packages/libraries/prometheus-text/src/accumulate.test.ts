import type { ResourceMetrics } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { at, counter, ended, histogram, point, upDownCounter } from '../testdata/metrics.ts';
import { one, tried } from '../testdata/page.ts';

describe('deltas', () => {
  test('of a counter add up', () => {
    const { take, samples, drops } = tried();
    const delta = (value: number | bigint, seconds: number): ResourceMetrics =>
      one(counter({ name: 'a', delta: true }, point(value, {}, { endTime: at(seconds) })));
    take(delta(5, 10));
    take(delta(7, 20));
    expect(samples()).toEqual(['a_total 12']);
    take(delta(7, 20));
    take(delta(1, 15));
    expect(samples()).toEqual(['a_total 12']);
    expect(drops.map(({ reason }) => reason)).toEqual(['out_of_order', 'out_of_order']);
    take(delta(Number.MAX_SAFE_INTEGER, 30));
    expect(samples()).toEqual(['a_total 9007199254741003']);
  });

  test('begin anew after the series has ended', () => {
    const { take, samples } = tried();
    take(one(counter({ name: 'a', delta: true }, point(5))));
    take(one(counter({ name: 'a', delta: true }, ended())));
    take(one(counter({ name: 'a', delta: true }, point(2, {}, { endTime: at(200) }))));
    expect(samples()).toEqual(['a_total 2']);
  });

  test('of a histogram add up while its buckets stay', () => {
    const { take, samples } = tried();
    const delta = (seconds: number, boundaries: number[]): ResourceMetrics => {
      const value = { count: 3, sum: 2, buckets: { boundaries, counts: boundaries.map(() => 1).concat(2) } };
      return one(histogram({ name: 'a', delta: true }, point(value, {}, { endTime: at(seconds) })));
    };
    take(delta(1, [1]));
    take(delta(2, [1]));
    expect(samples()).toEqual(['a_bucket{le="1"} 2', 'a_bucket{le="+Inf"} 6', 'a_sum 4', 'a_count 6']);
    take(delta(3, [5]));
    expect(samples()).toEqual(['a_bucket{le="5"} 1', 'a_bucket{le="+Inf"} 3', 'a_sum 2', 'a_count 3']);
  });

  test('that may fall are left out and counted', () => {
    const { take, samples, drops } = tried();
    take(one(upDownCounter({ name: 'a', delta: true }, point(1), point(2, { x: '1' }))));
    expect(samples()).toEqual([]);
    expect(drops).toEqual([{ points: 2, reason: 'delta', metric: 'a' }]);
  });
});

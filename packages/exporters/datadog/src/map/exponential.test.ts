import type { ExponentialHistogram } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Input, mapEach } from './testdata/run.ts';

type Given = Partial<ExponentialHistogram>;
const none = { offset: 0, bucketCounts: [] };

const histogram = (counts: readonly (number | bigint)[], given: Given = {}): ExponentialHistogram => ({
  count: counts.reduce<number>((sum, count) => sum + Number(count), Number(given.zeroCount ?? 0)),
  scale: 0,
  zeroCount: 0,
  positive: { offset: 0, bucketCounts: counts },
  negative: none,
  ...given,
});

const aggregations: Input = { metrics: { histograms: { mode: 'nobuckets', send_aggregation_metrics: true } } };

describe('a delta exponential histogram', () => {
  it('of one observation is at its value', () => {
    expect(mapEach('deltaExponential', [[1, 2, histogram([0, 1], { sum: 3 })]]).lines).toEqual([
      '2s sketch m{} n=1 min=3 max=3 sum=3 average=3 1401:1 byte',
    ]);
  });

  it('spreads a bucket over the keys that it meets', () => {
    const value = histogram([100], { sum: 150, zeroCount: 2, min: 0, max: 2 });
    const { sketches } = mapEach('deltaExponential', [[1, 2, value]]);
    const { keys, counts, ...summary } = sketches[0]!.points[0]!.sketch;
    expect(summary).toEqual({ count: 102, min: 0, max: 2, sum: 150, average: 150 / 102 });
    expect([keys[0], keys[1], keys.at(-1)]).toEqual([0, 1338, 1383]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(102);
  });

  it('of what is too small for a key is zero', () => {
    const value = histogram([5, 5], { positive: { offset: -2000, bucketCounts: [5, 5] }, sum: 0 });
    expect(mapEach('deltaExponential', [[1, 2, value]]).lines).toEqual([
      '2s sketch m{} n=10 min=0 max=0 sum=0 average=0 0:10 byte',
    ]);
  });

  it('that says nothing of its count and extremes has those of its buckets', () => {
    const value = histogram([0, 1, 1], { count: 0, min: Number.NaN, max: Number.POSITIVE_INFINITY });
    const { count, min, max, sum, average } = mapEach('deltaExponential', [[1, 2, value]]).sketches[0]!.points[0]!
      .sketch;
    expect([count, Math.floor(min), Math.ceil(max), average]).toEqual([2, 2, 8, sum / 2]);
  });

  it('of nothing is nothing', () => {
    expect(mapEach('deltaExponential', [[1, 2, histogram([0, 0], { sum: 0 })]])).toMatchObject({
      lines: [],
      dropped: {},
    });
  });

  it.each([
    ['too many observations', histogram([2 ** 28, 1]), { too_many_observations: 1 }],
    ['values beyond the largest double', histogram([1, 2], { scale: -10 }), { out_of_range: 1 }],
    [
      'values beyond the largest key',
      histogram([], { positive: { offset: 800, bucketCounts: [1, 2] } }),
      { out_of_range: 1 },
    ],
  ])('with %s is not sent', (_name, value, dropped) => {
    expect(mapEach('deltaExponential', [[1, 2, value]])).toMatchObject({ lines: [], dropped });
  });

  it('is its aggregations too where they are asked for', () => {
    expect(
      mapEach('deltaExponential', [[1, 2, histogram([1], { sum: 1.5, min: 1.5, max: 1.5 })]], aggregations).lines,
    ).toEqual([
      '2s count m.count{} 1',
      '2s count m.sum{} 1.5 byte',
      '2s gauge m.min{} 1.5 byte',
      '2s gauge m.max{} 1.5 byte',
      '2s sketch m{} n=1 min=1.5 max=1.5 sum=1.5 average=1.5 1357:1 byte',
    ]);
  });
});

describe('a cumulative exponential histogram', () => {
  const first = histogram([3, 0, 5], { sum: 40, zeroCount: 1, zeroThreshold: 0.1, min: 1, max: 8 });

  it('is what came since its last point', () => {
    const second = histogram([3, 0, 5, 1], { sum: 52, zeroCount: 1, zeroThreshold: 0.1, min: 1, max: 12 });
    expect(
      mapEach('exponential', [
        [-9, 2, first],
        [-9, 3, second],
      ]),
    ).toMatchObject({
      lines: ['3s sketch m{} n=1 min=12 max=12 sum=12 average=12 1491:1 byte'],
      dropped: { initial_value: 1 },
    });
  });

  it('may have become coarser', () => {
    const finer = histogram([], { count: 9, sum: 10, positive: { offset: -1, bucketCounts: [2, 3, 4] } });
    const coarser = { scale: -1, positive: { offset: -1, bucketCounts: [2, 8n] } };
    const points = [
      [-9, 2, finer],
      [-9, 3, histogram([], { ...coarser, count: 10, sum: 12 })],
    ] as const;
    expect(mapEach('exponential', points)).toMatchObject({
      lines: ['3s sketch m{} n=1 min=2 max=2 sum=2 average=2 1368:1 byte'],
      dropped: { initial_value: 1 },
    });
  });

  it('may have got a wider zero', () => {
    const before = histogram([2, 3], { positive: { offset: -1, bucketCounts: [2, 3] }, sum: 10 });
    const wider = { zeroCount: 4n, zeroThreshold: 1, positive: { offset: 0, bucketCounts: [4] } };
    const points = [
      [-9, 2, before],
      [-9, 3, histogram([], { ...wider, count: 8, sum: 12 })],
    ] as const;
    expect(mapEach('exponential', points)).toMatchObject({
      lines: ['3s sketch m{} n=3 min=0 max=2.00904 sum=2 average=0.666667 0:2,1364:1 byte'],
      dropped: { initial_value: 1 },
    });
  });

  it.each([
    ['fell', histogram([1, 0, 5], { zeroCount: 1, zeroThreshold: 0.1 })],
    ['has a bucket less', histogram([0, 5], { zeroCount: 9, zeroThreshold: 0.1 })],
    ['has become finer', histogram([4, 0, 6], { zeroCount: 1, zeroThreshold: 0.1, scale: 1 })],
    ['has a narrower zero', histogram([4, 0, 6], { zeroCount: 1, zeroThreshold: 0.01 })],
  ])('that %s is not sent', (_name, value) => {
    expect(
      mapEach('exponential', [
        [-9, 2, first],
        [-9, 3, value],
      ]),
    ).toMatchObject({
      lines: [],
      dropped: { initial_value: 1, reset: 1 },
    });
  });
});

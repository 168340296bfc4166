import type { Histogram } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Input, mapEach } from './testdata/run.ts';

type Options = Partial<Pick<Histogram, 'count' | 'sum' | 'min' | 'max'>>;

const histogram = (counts: readonly (number | bigint)[], given: Options = {}, boundaries = [1, 10]): Histogram => ({
  count: counts.reduce<number>((sum, count) => sum + Number(count), 0),
  ...given,
  buckets: { boundaries, counts },
});

const counters: Input = { metrics: { histograms: { mode: 'counters' } } };
const aggregations: Input = { metrics: { histograms: { mode: 'nobuckets', send_aggregation_metrics: true } } };

describe('a delta histogram', () => {
  it('is a distribution', () => {
    const value = histogram([1, 0, 3], { sum: 100, min: 0.5, max: 50 });
    expect(mapEach('deltaHistogram', [[1, 2, value]])).toMatchObject({
      lines: ['2s sketch m{} n=4 min=0.5 max=50 sum=100 average=25 1338:1,1487:3 byte'],
      dropped: {},
    });
  });

  it('spreads a bucket over the keys between its bounds', () => {
    const [line] = mapEach('deltaHistogram', [[1, 2, histogram([0, 10, 0], { sum: 50 })]]).lines;
    expect(line).toBe(
      '2s sketch m{} n=10 min=1 max=10 sum=50 average=5 1338:1,1380:1,1405:1,1423:1,1437:1,1449:1,1459:1,1468:1,1476:1,1483:1 byte',
    );
  });

  it('keeps its sum where it has none, as its buckets say', () => {
    const { sketches } = mapEach('deltaHistogram', [[1, 2, histogram([0, 0, 4])]]);
    const { sum, average, min, max } = sketches[0]!.points[0]!.sketch;
    expect(Math.abs(sum / 40 - 1)).toBeLessThan(1 / 128);
    expect(average).toBe(sum / 4);
    expect([min, max]).toEqual([10, expect.closeTo(10, 0)]);
  });

  it.each([
    ['between its extremes', { sum: 30, min: 10, max: 20 }, { min: 10, max: 20, keys: [1487, 1513] }],
    ['at its average', { sum: 30 }, { min: 14.9, max: 14.9, keys: [1513] }],
  ])('without buckets is %s', (_name, given, { min, max, keys }) => {
    const { sketches } = mapEach('deltaHistogram', [[1, 2, histogram([], { count: 2, ...given }, [])]]);
    const { sketch } = sketches[0]!.points[0]!;
    expect(sketch).toMatchObject({ count: 2, sum: 30, average: 15, keys });
    expect([sketch.min, sketch.max]).toEqual([expect.closeTo(min, 0), expect.closeTo(max, 0)]);
  });

  it('that says nothing of its count and extremes has those of its buckets', () => {
    const value = histogram([0, 2, 0], { count: 0, sum: 10, min: Number.NaN, max: Number.POSITIVE_INFINITY });
    expect(mapEach('deltaHistogram', [[1, 2, value]]).sketches[0]!.points[0]!.sketch).toMatchObject({
      count: 2,
      min: 1,
      max: 10,
      average: 5,
    });
  });

  it('of nothing is nothing', () => {
    expect(mapEach('deltaHistogram', [[1, 2, histogram([0, 0, 0], { sum: 0 })]])).toMatchObject({
      lines: [],
      dropped: {},
    });
  });

  it('of many has full bins', () => {
    const { sketches } = mapEach('deltaHistogram', [[1, 2, histogram([200_000, 0, 0], { sum: 1 })]]);
    expect(sketches[0]!.points[0]!.sketch).toMatchObject({
      keys: [1338, 1338, 1338, 1338],
      counts: [200_000 - 3 * 65_535, 65_535, 65_535, 65_535],
    });
  });

  it.each([
    ['too many observations', histogram([2 ** 28, 2 ** 28, 2 ** 28]), { too_many_observations: 1 }],
    ['too few buckets', histogram([1, 2]), { invalid_histogram: 1 }],
    ['bounds that fall', histogram([1, 2, 3], {}, [10, 1]), { invalid_histogram: 1 }],
    ['a bound that is not a number', histogram([1, 2, 3], {}, [Number.NaN, 1]), { invalid_histogram: 1 }],
  ])('with %s is not sent', (_name, value, dropped) => {
    expect(mapEach('deltaHistogram', [[1, 2, value]])).toMatchObject({ lines: [], dropped });
  });

  it('is its buckets where they are asked for', () => {
    const value = histogram([1, 2n, 0], { sum: 7 });
    expect(mapEach('deltaHistogram', [[1, 2, value, { a: 'b' }]], counters).lines).toEqual([
      '2s count m.bucket{lower_bound:-inf,upper_bound:1.0,a:b} 1',
      '2s count m.bucket{lower_bound:1.0,upper_bound:10.0,a:b} 2',
      '2s count m.bucket{lower_bound:10.0,upper_bound:inf,a:b} 0',
    ]);
  });

  it('is its aggregations where they are asked for', () => {
    const value = histogram([1, 2, 0], { sum: 7, min: 0.5, max: 5 });
    expect(mapEach('deltaHistogram', [[1, 2, value]], aggregations).lines).toEqual([
      '2s count m.count{} 3',
      '2s count m.sum{} 7 byte',
      '2s gauge m.min{} 0.5 byte',
      '2s gauge m.max{} 5 byte',
    ]);
  });

  it.each([
    ['is not there', undefined, {}],
    ['is not a number', Number.NaN, { not_finite: 1 }],
  ])('whose sum %s is counted all the same', (_name, sum, dropped) => {
    const value = histogram([1, 2, 0], sum === undefined ? {} : { sum });
    expect(mapEach('deltaHistogram', [[1, 2, value]], aggregations)).toMatchObject({
      lines: ['2s count m.count{} 3'],
      dropped,
    });
  });
});

describe('a cumulative histogram', () => {
  it('is what came since its last point', () => {
    const points = [
      [-9, 2, histogram([1, 2, 3], { sum: 100 })],
      [-9, 3, histogram([1, 2, 5n], { sum: 130 })],
    ] as const;
    expect(mapEach('histogram', points)).toMatchObject({
      lines: ['3s sketch m{} n=2 min=10 max=10.0757 sum=30 average=15 1487:2 byte'],
      dropped: { initial_value: 1 },
    });
    expect(mapEach('histogram', points, aggregations).lines).toEqual([
      '3s count m.count{} 2',
      '3s count m.sum{} 30 byte',
    ]);
    expect(mapEach('histogram', points, counters).lines.map((line) => line.split(' ')[3])).toEqual(['0', '0', '2']);
  });

  it('has extremes that moved since its last point', () => {
    const at = (counts: number[], min: number, max: number) => histogram(counts, { sum: 1, min, max });
    const { sketches } = mapEach('histogram', [
      [-9, 1, histogram([0, 0, 0])],
      [-9, 2, at([1, 1, 1], 0.5, 40)],
      [-9, 3, at([1, 1, 2], 0.5, 50)],
      [-9, 4, at([2, 1, 3], 0.25, 50)],
      [-9, 5, at([2, 2, 3], 0.25, 50)],
    ]);
    expect(sketches.map(({ points: [point] }) => [point!.sketch.min, point!.sketch.max])).toEqual([
      [0.5, 40],
      [10, 50],
      [0.25, expect.closeTo(10, 0)],
      [1, 10],
    ]);
  });

  const first = histogram([5, 5, 5]);
  it.each([
    ['fell', -9, 3, histogram([1, 1, 1]), { initial_value: 1, reset: 1 }],
    ['has a bucket that fell', -9, 3, histogram([4, 6, 6]), { initial_value: 1, reset: 1 }],
    ['began anew', 2, 3, histogram([6, 6, 6]), { initial_value: 2 }],
    ['has other bounds', -9, 3, histogram([6, 6, 6], {}, [1, 20]), { initial_value: 1, bucket_mismatch: 1 }],
    ['came twice', -9, 2, histogram([6, 6, 6]), { initial_value: 1, duplicate: 1 }],
    ['came late', -9, 1, histogram([6, 6, 6]), { initial_value: 1, out_of_order: 1 }],
    ['ended', -9, 3, undefined, { initial_value: 1 }],
  ])('that %s is not sent', (_name, start, end, value, dropped) => {
    const points = [
      [-9, 2, first],
      [start, end, value],
    ] as const;
    expect(mapEach('histogram', points)).toMatchObject({ lines: [], dropped });
  });
});

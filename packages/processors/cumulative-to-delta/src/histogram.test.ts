import type { ExponentialHistogram, Histogram } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { converted, exponential, histogram, type Written } from './testdata/run.ts';

describe('a histogram', () => {
  const of = (counts: (number | bigint)[], rest: Partial<Histogram> = {}): Histogram => ({
    count: counts.reduce<number>((total, count) => total + Number(count), 0),
    buckets: { boundaries: [1, 2].slice(0, counts.length - 1), counts },
    ...rest,
  });

  it.each<[string, Histogram[], Histogram | undefined, Record<string, number>?]>([
    ['is subtracted', [of([1, 2, 3], { sum: 10 }), of([1, 4n, 4], { sum: 17.5 })], of([0, 2, 1], { sum: 7.5 })],
    ['has no min and max of the interval', [of([1], { min: 0, max: 5 }), of([2], { min: 0, max: 5 })], of([1])],
    ['has a sum if both have', [of([1], { sum: 3 }), of([2])], of([1])],
    ['has a sum if it is a number', [of([1], { sum: Number.NaN }), of([2], { sum: 3 })], of([1])],
    [
      'has large counts',
      [of([2n ** 60n], { count: 2n ** 60n }), of([2n ** 61n], { count: 2n ** 61n })],
      of([2n ** 60n], { count: 2n ** 60n }),
    ],
    [
      'without buckets',
      [
        { count: 2, sum: 3, buckets: { boundaries: [], counts: [] } },
        { count: 5, sum: 9, buckets: { boundaries: [], counts: [] } },
      ],
      { count: 3, sum: 6, buckets: { boundaries: [], counts: [] } },
    ],
    [
      'whose count fell began anew',
      [of([1, 2, 3]), of([1, 0, 0], { sum: 1, min: 1, max: 1 })],
      of([1, 0, 0], { sum: 1, min: 1, max: 1 }),
    ],
    ['of which a bucket fell began anew', [of([3, 0, 0]), of([0, 0, 9])], of([0, 0, 9])],
    ['with other buckets', [of([1, 2, 3]), of([5, 6])], undefined, { bucket_mismatch: 1 }],
    [
      'with other boundaries',
      [of([1, 2]), { count: 5, buckets: { boundaries: [7], counts: [2, 3] } }],
      undefined,
      { bucket_mismatch: 1 },
    ],
  ])('%s', async (_name, values, want, dropped = {}) => {
    const points = values.map((value, index): Written => [1, index + 2, value]);
    const result = await converted(points, histogram);
    expect(result).toEqual({ points: [points[0], ...(want ? [[2, 3, want]] : [])], dropped });
  });

  it('goes on from its new buckets', async () => {
    const { points } = await converted(
      [
        [1, 2, of([1, 2, 3])],
        [1, 3, of([5, 6])],
        [1, 4, of([6, 8])],
      ],
      histogram,
    );
    expect(points[1]).toEqual([3, 4, of([1, 2])]);
  });
});

describe('an exponential histogram', () => {
  const buckets = (offset: number, ...bucketCounts: (number | bigint)[]) => ({ offset, bucketCounts });
  const of = (fields: Partial<ExponentialHistogram>): ExponentialHistogram => ({
    count: 0,
    scale: 0,
    zeroCount: 0,
    positive: buckets(0),
    negative: buckets(0),
    ...fields,
  });

  it.each<[string, ExponentialHistogram[], ExponentialHistogram]>([
    [
      'is subtracted',
      [
        of({ count: 4, sum: 5, zeroCount: 1, positive: buckets(-1, 1, 0, 1), negative: buckets(3, 1) }),
        of({
          count: 9,
          sum: 12,
          min: 0,
          max: 9,
          zeroCount: 2,
          positive: buckets(-2, 1, 2, 0, 2),
          negative: buckets(3, 2n),
        }),
      ],
      of({ count: 5, sum: 7, zeroCount: 1, positive: buckets(-2, 1, 1, 0, 1), negative: buckets(3, 1) }),
    ],
    [
      // At scale 1, buckets -3 to 2; at scale 0: -3 and -4 merge into -2, -1 and -2 into -1, 0 and 1 into 0, 2 and 3 into 1.
      'that got coarser',
      [
        of({ count: 6, scale: 1, positive: buckets(-3, 1, 1, 1, 1, 1, 1) }),
        of({ count: 10, scale: 0, positive: buckets(-2, 2, 3, 2, 3) }),
      ],
      of({ count: 4, scale: 0, positive: buckets(-2, 1, 1, 0, 2) }),
    ],
    [
      // Bucket 0 holds (1, 2], bucket 1 (2, 4].
      'whose zero got wider',
      [
        of({ count: 5, zeroCount: 1, positive: buckets(0, 2, 1), negative: buckets(0, 1) }),
        of({ count: 7, zeroCount: 5, zeroThreshold: 2, positive: buckets(1, 2) }),
      ],
      of({ count: 2, zeroCount: 1, zeroThreshold: 2, positive: buckets(1, 1) }),
    ],
    [
      'whose count fell began anew',
      [of({ count: 2, zeroCount: 2 }), of({ count: 1, zeroCount: 1, max: 0 })],
      of({ count: 1, zeroCount: 1, max: 0 }),
    ],
    [
      'that got finer began anew',
      [of({ count: 2, zeroCount: 2 }), of({ count: 3, zeroCount: 3, scale: 1 })],
      of({ count: 3, zeroCount: 3, scale: 1 }),
    ],
    [
      'of which a bucket is gone began anew',
      [of({ count: 1, positive: buckets(0, 1) }), of({ count: 2, positive: buckets(1, 2) })],
      of({ count: 2, positive: buckets(1, 2) }),
    ],
    [
      'of which a bucket fell began anew',
      [of({ count: 2, positive: buckets(0, 2) }), of({ count: 3, positive: buckets(0, 1, 2) })],
      of({ count: 3, positive: buckets(0, 1, 2) }),
    ],
    ['that grew by nothing', [of({ count: 1, zeroCount: 1 }), of({ count: 1, zeroCount: 1 })], of({})],
  ])('%s', async (_name, values, want) => {
    const points = values.map((value, index): Written => [1, index + 2, value]);
    const result = await converted(points, exponential);
    expect(result).toEqual({ points: [points[0], [2, 3, want]], dropped: {} });
  });
});

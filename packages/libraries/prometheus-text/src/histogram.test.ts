import { describe, expect, test } from 'vitest';
import { explicitBuckets, exponentialBuckets } from './histogram.ts';

describe('explicit buckets', () => {
  const cases = [
    {
      name: 'are counted up to their bound',
      histogram: { count: 6, sum: 3, buckets: { boundaries: [1, 2], counts: [1, 2, 3] } },
      want: { bounds: [1, 2], counts: [1, 3, 6], sum: 3 },
    },
    {
      name: 'that are missing leave the count',
      histogram: { count: 6, buckets: { boundaries: [], counts: [] } },
      want: { bounds: [], counts: [6], sum: undefined },
    },
    {
      name: 'of equal, falling, infinite and missing bounds are merged upwards',
      histogram: { count: 15, buckets: { boundaries: [1, 1, 0, NaN, Infinity], counts: [1, 2, 3, 4, 5, 0] } },
      want: { bounds: [1], counts: [1, 15], sum: undefined },
    },
    {
      name: 'that do not add up to the count are believed',
      histogram: { count: 1, buckets: { boundaries: [1], counts: [2, 3] } },
      want: { bounds: [1], counts: [2, 5], sum: undefined },
    },
  ];
  test.each(cases)('$name', ({ histogram, want }) => expect(explicitBuckets(histogram)).toEqual(want));
});

describe('exponential buckets', () => {
  const empty = { offset: 0, bucketCounts: [] };
  test('end at powers of their base', () => {
    const positive = { offset: 1, bucketCounts: [1, 0, 2] };
    expect(exponentialBuckets({ count: 3, scale: 0, zeroCount: 0, positive, negative: empty })).toEqual({
      bounds: [4, 8, 16],
      counts: [1, 1, 3, 3],
      sum: undefined,
    });
  });

  test('of negative values come first, then zero', () => {
    const positive = { offset: 0, bucketCounts: [5] };
    const negative = { offset: 0, bucketCounts: [1, 2] };
    expect(exponentialBuckets({ count: 12, sum: 7, scale: 0, zeroCount: 4, positive, negative })).toEqual({
      bounds: [-2, -1, 0, 2],
      counts: [2, 3, 7, 12, 12],
      sum: 7,
    });
  });

  test('beyond the largest number count as +Inf', () => {
    const positive = { offset: 1022, bucketCounts: [1, 1, 1] };
    const { bounds, counts } = exponentialBuckets({ count: 3, scale: 0, zeroCount: 0, positive, negative: empty });
    expect(bounds).toEqual([2 ** 1023]);
    expect(counts).toEqual([1, 3]);
  });
});

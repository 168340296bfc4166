import type { Histogram } from '@millrace/core';
import { expect, it } from 'vitest';
import { mismatch, reset, subtractHistogram, subtractNumber } from './subtract.ts';

it.each([
  [5, 3, 2],
  [3, 3, 0],
  [3, 5, reset],
  [2n ** 60n + 5n, 2n ** 60n, 5],
  [2n ** 60n, 5, 2n ** 60n - 5n],
  [5, 2n ** 60n, reset],
])('from %2$s to %1$s is %3$s', (value, last, want) => {
  expect(subtractNumber(value, last)).toBe(want);
});

const histogram = (counts: (number | bigint)[], given: Partial<Histogram> = {}): Histogram => ({
  count: counts.reduce<number>((sum, count) => sum + Number(count), 0),
  buckets: { boundaries: [1, 2], counts },
  ...given,
});

it.each<[string, Histogram, Histogram, unknown]>([
  [
    'the buckets that grew',
    histogram([1, 2n ** 60n + 1n, 3], { count: 2n ** 60n + 5n, sum: 9, min: 0, max: 5 }),
    histogram([1, 2n ** 60n, 1], { count: 2n ** 60n + 2n, sum: 4 }),
    { count: 3, sum: 5, buckets: { boundaries: [1, 2], counts: [0, 1, 2] } },
  ],
  ['no sum where one has none', histogram([1, 1, 1], { sum: 1 }), histogram([1, 1, 1]), histogram([0, 0, 0])],
  ['a reset where the count fell', histogram([1, 0, 0]), histogram([1, 1, 0]), reset],
  ['a reset where a bucket fell', histogram([3, 0, 0]), histogram([0, 1, 0]), reset],
  [
    'nothing to tell where the bounds are others',
    histogram([3, 0, 0], { buckets: { boundaries: [1, 3], counts: [3, 0, 0] } }),
    histogram([0, 1, 0]),
    mismatch,
  ],
])('%s', (_name, value, last, want) => {
  expect(subtractHistogram(value, last)).toEqual(want);
});

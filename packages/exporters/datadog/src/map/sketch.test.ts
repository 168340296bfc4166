import type { ExponentialHistogram, Histogram } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { keyOfValue, maxKey, sketchOf, valueOfKey } from './sketch.ts';
import type { Sketch } from './series.ts';
import { mapEach } from './testdata/run.ts';

it('has a key for every value, within its error', () => {
  for (let exponent = -8.9; exponent < 200; exponent += 0.0917) {
    const value = 10 ** exponent;
    expect(Math.abs(valueOfKey(keyOfValue(value)) / value - 1)).toBeLessThan(1 / 127);
    expect(keyOfValue(-value)).toBe(-keyOfValue(value));
  }
  expect(keyOfValue(1)).toBe(1338);
  expect([0, 1e-10, -1e-10].map((value) => Math.abs(keyOfValue(value)))).toEqual([0, 0, 0]);
  expect([1e300, -1e300].map(keyOfValue)).toEqual([maxKey, -maxKey]);
});

it('folds the lowest bins where there are too many', () => {
  const keys = Array.from({ length: 4100 }, (_, index) => index);
  const summary = { count: 0, min: 0, max: 0, sum: 0, average: 0 };
  const folded = sketchOf({ keys, counts: keys.map(() => 1) }, summary);
  expect(folded.keys).toEqual(keys.slice(4));
  expect(folded.counts.slice(0, 3)).toEqual([5, 1, 1]);
  const heavy = sketchOf({ keys, counts: keys.map((key) => (key < 4 ? 65_535 : 1)) }, summary);
  expect(heavy.keys.slice(0, 6)).toEqual([1, 2, 3, 4, 4, 5]);
  expect(heavy.counts.slice(0, 6)).toEqual([65_535, 65_535, 65_535, 1, 65_535, 1]);
});

/** The value of which so many observations are not above. */
function quantile({ keys, counts }: Sketch, of: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  const index = counts.findIndex((count) => (below += count) > of * (total - 1));
  return valueOfKey(keys[index]!);
}

/** Values over six orders of magnitude, in their order. */
const observed = Array.from({ length: 10_000 }, (_, index) => 10 ** (-3 + (6 * index) / 9999));
const exact = (of: number): number => observed[Math.floor(of * (observed.length - 1))]!;
const quantiles = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

describe('quantiles are those of the observations', () => {
  const of = (kind: 'deltaHistogram' | 'deltaExponential', value: unknown): Sketch =>
    mapEach(kind, [[1, 2, value]]).sketches[0]!.points[0]!.sketch;

  it.each([3, 5, 8, 12])('of an exponential histogram of scale %d', (scale) => {
    const sketch = of('deltaExponential', exponential(observed, scale));
    // Those of the sketch, of the histogram's buckets, and of the rounding to whole observations.
    const error = 1 / 128 + (2 ** (2 ** -scale) - 1) + 0.005;
    for (const at of quantiles) expect(Math.abs(quantile(sketch, at) / exact(at) - 1)).toBeLessThan(error);
    const negative = of('deltaExponential', negated(exponential(observed, scale)));
    expect(negative.keys).toEqual(sketch.keys.map((key) => -key).toReversed());
  });

  it('of a histogram, as far as its buckets tell', () => {
    const ratio = 1.1;
    const boundaries = Array.from({ length: 160 }, (_, index) => 0.0009 * ratio ** index);
    const sketch = of('deltaHistogram', explicit(observed, boundaries));
    for (const at of quantiles)
      expect(Math.abs(quantile(sketch, at) / exact(at) - 1)).toBeLessThan(ratio - 1 + 1 / 128);
  });
});

function exponential(values: readonly number[], scale: number): ExponentialHistogram {
  const counts = new Map<number, number>();
  for (const value of values) {
    const index = Math.ceil(Math.log2(value) * 2 ** scale) - 1;
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  const offset = Math.min(...counts.keys());
  const bucketCounts = Array.from(
    { length: Math.max(...counts.keys()) - offset + 1 },
    (_, at) => counts.get(offset + at) ?? 0,
  );
  return {
    count: values.length,
    scale,
    zeroCount: 0,
    positive: { offset, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

const negated = ({ positive, negative, ...rest }: ExponentialHistogram): ExponentialHistogram => ({
  ...rest,
  positive: negative,
  negative: positive,
});

function explicit(values: readonly number[], boundaries: readonly number[]): Histogram {
  const counts = [...boundaries, 0].map(() => 0);
  for (const value of values) {
    const at = boundaries.findIndex((bound) => value <= bound);
    counts[at === -1 ? boundaries.length : at]!++;
  }
  return { count: values.length, buckets: { boundaries, counts } };
}

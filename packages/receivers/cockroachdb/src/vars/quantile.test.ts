import { describe, expect, it } from 'vitest';
import { quantileOf } from './quantile.ts';

const buckets = (...pairs: [number, number][]): Map<number, number> => new Map(pairs);

describe('a quantile', () => {
  const now = buckets([1, 10], [2, 90], [4, 100], [Infinity, 100]);

  it.each([
    [0.05, 0.5],
    [0.1, 1],
    [0.5, 1.5],
    [0.9, 2],
    [0.95, 3],
    [1, 4],
  ])('%s is %s, evenly spread within a bucket', (quantile, value) =>
    expect(quantileOf(quantile, now, undefined)).toBeCloseTo(value, 12),
  );

  it('is that of what came since the reading before', () => {
    const later = buckets([1, 10], [2, 90], [4, 300], [Infinity, 300]);
    expect(quantileOf(0.5, later, now)).toBe(3);
  });

  it('is unknown where nothing came, and begins anew where the process has', () => {
    expect(quantileOf(0.5, now, now)).toBeUndefined();
    expect(quantileOf(0.5, buckets([1, 0], [Infinity, 0]), undefined)).toBeUndefined();
    expect(quantileOf(0.5, buckets(), now)).toBeUndefined();
    expect(quantileOf(0.5, buckets([1, 4], [2, 4], [Infinity, 4]), now)).toBe(0.5);
  });

  it('of values beyond the last bound is that bound', () => {
    expect(quantileOf(0.99, buckets([1, 5], [Infinity, 100]), undefined)).toBe(1);
    expect(quantileOf(0.99, buckets([Infinity, 100]), undefined)).toBeUndefined();
  });

  it('takes buckets that come to be, as versions that leave out empty ones have them', () => {
    const before = buckets([1, 10], [Infinity, 10]);
    const after = buckets([1, 10], [2, 20], [Infinity, 20]);
    expect(quantileOf(0.5, after, before)).toBe(1.5);
  });
});

import { describe, expect, test } from 'vitest';
import { type Candidate, compare, first, withMargin } from './rank.ts';

const candidate = (value: number | undefined, more: Partial<Candidate> = {}): Candidate => ({
  value,
  fallback: Number.NEGATIVE_INFINITY,
  incumbent: false,
  order: 0,
  ...more,
});

test.each([
  ['the greater value', candidate(2), candidate(1)],
  ['a negative value before an unknown one', candidate(-5), candidate(undefined, { fallback: 9 })],
  ['the greater fallback of two unknown', candidate(undefined, { fallback: 2 }), candidate(undefined, { fallback: 1 })],
  ['the incumbent of two equal', candidate(1, { incumbent: true, order: 9 }), candidate(1, { order: 3 })],
  ['the incumbent of two unknown', candidate(undefined, { incumbent: true, order: 9 }), candidate(undefined)],
  ['the one seen first of two equal', candidate(1, { order: 3 }), candidate(1, { order: 4 })],
])('%s comes first', (_, a, b) => {
  expect(compare(a, b)).toBeLessThan(0);
  expect(compare(b, a)).toBeGreaterThan(0);
});

test.each([
  [100, 0.1, 110],
  [-100, 0.1, -90],
  [0, 0.1, 0],
  [100, 0, 100],
])('an incumbent with %d counts, with a margin of %d, as %d', (value, margin, want) => {
  expect(withMargin(value, margin)).toBeCloseTo(want, 9);
});

describe('first', () => {
  test.each([0, 1, 3, 31, 32, 33, 99, 100, 200])('finds the %d greatest of a hundred as a full sort does', (n) => {
    const random = sequence(n + 1);
    const candidates = Array.from({ length: 100 }, (_, order) =>
      candidate(random() < 0.1 ? undefined : Math.floor(random() * 30), { order, incumbent: random() < 0.2 }),
    );
    expect(first(candidates, n)).toEqual(candidates.toSorted(compare).slice(0, n));
  });
});

/** Numerical Recipes' linear congruential generator: the same numbers in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

import { expect, it } from 'vitest';
import { createPairs } from './pairs.ts';

it('numbers pairs, and finds them', () => {
  const pairs = createPairs('pairs');
  expect([pairs.intern(1, 2), pairs.intern(2, 1), pairs.intern(1, 2), pairs.intern(-1, 2 ** 31)]).toEqual([1, 2, 1, 3]);
  expect([pairs.find(2, 1), pairs.find(2 ** 32 - 1, -(2 ** 31)), pairs.find(1, 1)]).toEqual([2, 3, 0]);
  expect([pairs.first.array[3], pairs.second.array[3]]).toEqual([2 ** 32 - 1, 2 ** 31]);
});

it('has a limit', () => {
  const pairs = createPairs('pairs', 2);
  for (const second of [1, 2, 1, 2]) pairs.intern(0, second);
  expect(() => pairs.intern(0, 3)).toThrow('There are more than 2 pairs.');
});

/** Multiplied with `odd` modulo 2^32 it is 1. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}

/** How long it takes to number so many pairs, in milliseconds. */
function timeOf(secondOf: (first: number) => number): number {
  const pairs = createPairs('pairs');
  const began = performance.now();
  for (let first = 0; first < 60_000; first++) pairs.intern(first, secondOf(first));
  return performance.now() - began;
}

it('is not slow for pairs that collide under the constants of its hash', () => {
  const usual = timeOf((first) => first);
  const colliding = timeOf((first) => Math.imul(Math.imul(first, 0x9e3779b1), inverse(0x85ebca6b)) - 1);
  // Without a seed it takes a thousand times as long.
  expect(colliding).toBeLessThan(100 * usual);
});

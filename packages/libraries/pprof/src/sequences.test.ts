import { expect, it } from 'vitest';
import { createSequences } from './sequences.ts';

it('numbers sequences, each once', () => {
  const sequences = createSequences();
  const all = Uint32Array.of(1, 2, 1, 2, 3);
  const ranges = [
    [0, 2],
    [1, 3],
    [2, 4],
    [0, 0],
    [2, 5],
  ] as const;
  expect(ranges.map(([begin, end]) => sequences.intern(all, begin, end))).toEqual([0, 1, 0, 2, 3]);
  expect([sequences.count, ...sequences.at(3)]).toEqual([4, 1, 2, 3]);
});

/** Multiplied with `odd` modulo 2^32 it is 1. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}

/** What Murmur's own multipliers mix to the word. */
function unmixed(mixed: number): number {
  const word = Math.imul(mixed, inverse(0x1b873593));
  return Math.imul((word >>> 15) | (word << 17), inverse(0xcc9e2d51));
}

/** How long it takes to number so many sequences of 30 words, in milliseconds. */
function timeOf(wordOf: (number: number, at: number) => number): number {
  const sequences = createSequences();
  const all = Array.from({ length: 2 ** 15 }, (_, number) =>
    Uint32Array.from({ length: 30 }, (_word, at) => wordOf(number, at)),
  );
  const began = performance.now();
  for (const words of all) sequences.intern(words, 0, words.length);
  expect(sequences.count).toBe(2 ** 15);
  return performance.now() - began;
}

it('is not slow for sequences that collide in Murmur, whatever its seed', () => {
  // A bit of one word becomes the highest bit of the hash, and that of the next word takes it back.
  const pairs = [
    [unmixed(1), unmixed(1)],
    [unmixed(1 ^ (1 << 18)), unmixed(1 ^ (1 << 31))],
  ] as const;
  const usual = timeOf((number, at) => number + at);
  // With Murmur's multipliers it takes several hundred times as long.
  expect(timeOf((number, at) => pairs[(number >> (at >> 1)) & 1]![at & 1]!)).toBeLessThan(100 * usual);
});

import { Uint32List } from './growable.ts';

/** Numbers sequences of integers from 0 up; equal sequences have the same number. */
export interface Sequences {
  readonly count: number;
  /** The number of `words[begin]` to `words[end - 1]`. */
  intern(words: Uint32Array, begin: number, end: number): number;
  at(index: number): Uint32Array;
}

const random32 = (): number => Math.floor(Math.random() * 2 ** 32);

/**
 * A hash table with a random seed and random multipliers: who writes a profile cannot choose sequences that collide. With the
 * multipliers of Murmur there are such sequences for every seed.
 */
export function createSequences(): Sequences {
  const key: Key = { seed: random32(), first: random32() | 1, second: random32() | 1 };
  const words = new Uint32List();
  const starts = new Uint32List();
  const hashes = new Uint32List();
  let slots = new Int32Array(64).fill(-1);
  starts.push(0);

  const place = (index: number): void => {
    const mask = slots.length - 1;
    let slot = hashes.array[index]! & mask;
    while (slots[slot] !== -1) slot = (slot + 1) & mask;
    slots[slot] = index;
  };
  const equals = (index: number, other: Uint32Array, begin: number): boolean => {
    const start = starts.array[index]!;
    for (let at = starts.array[index + 1]! - 1; at >= start; at--)
      if (words.array[at] !== other[begin + at - start]) return false;
    return true;
  };

  return {
    get count() {
      return hashes.length;
    },
    intern(other, begin, end) {
      const hash = hashOf(other, { begin, end, key });
      const mask = slots.length - 1;
      for (let slot = hash & mask; slots[slot] !== -1; slot = (slot + 1) & mask) {
        const index = slots[slot]!;
        const size = starts.array[index + 1]! - starts.array[index]!;
        if (hashes.array[index] === hash && size === end - begin && equals(index, other, begin)) return index;
      }
      words.reserve(end - begin);
      words.array.set(other.subarray(begin, end), words.length);
      words.length += end - begin;
      starts.push(words.length);
      hashes.push(hash);
      if (hashes.length * 2 > slots.length) {
        slots = new Int32Array(slots.length * 2).fill(-1);
        for (let index = 0; index < hashes.length; index++) place(index);
      } else place(hashes.length - 1);
      return hashes.length - 1;
    },
    at: (index) => words.array.subarray(starts.array[index]!, starts.array[index + 1]!),
  };
}

interface Key {
  readonly seed: number;
  readonly first: number;
  readonly second: number;
}

interface Range {
  readonly begin: number;
  readonly end: number;
  readonly key: Key;
}

/** https://en.wikipedia.org/wiki/MurmurHash, by words. */
function hashOf(words: Uint32Array, { begin, end, key: { seed, first, second } }: Range): number {
  let hash = seed ^ (end - begin);
  for (let at = begin; at < end; at++) {
    let word = Math.imul(words[at]!, first);
    word = Math.imul((word << 15) | (word >>> 17), second);
    hash ^= word;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

import { ProfileError } from './error.ts';
import { Uint32List } from './growable.ts';

/**
 * Numbers pairs of integers from 1 up; equal pairs have the same number. A Map of them takes ten times as long, and its hash
 * of bigints is known to who writes a profile; this one has a random seed.
 */
export interface Pairs {
  /** The parts of each pair, by its number. */
  readonly first: Uint32List;
  readonly second: Uint32List;
  readonly intern: (first: number, second: number) => number;
  /** Its number; 0: it was not interned. */
  readonly find: (first: number, second: number) => number;
}

/** They become objects, mostly. */
const maxPairs = 2 ** 22;

/** `what` they are, for the error when there are more than `most`. */
export function createPairs(what: string, most = maxPairs): Pairs {
  const firsts = new Uint32List();
  const seconds = new Uint32List();
  const seed = Math.floor(Math.random() * 2 ** 32);
  let slots = new Int32Array(256);
  firsts.push(0);
  seconds.push(0);

  const slotOf = (one: number, other: number): number => {
    const [first, second] = [one >>> 0, other >>> 0];
    const mask = slots.length - 1;
    let hash = Math.imul(first ^ seed, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ second, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ seed, 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 16)) & mask;
    while (slots[slot] !== 0 && (firsts.array[slots[slot]!] !== first || seconds.array[slots[slot]!] !== second))
      slot = (slot + 1) & mask;
    return slot;
  };
  const grow = (): void => {
    slots = new Int32Array(slots.length * 2);
    for (let index = 1; index < firsts.length; index++)
      slots[slotOf(firsts.array[index]!, seconds.array[index]!)] = index;
  };

  return {
    first: firsts,
    second: seconds,
    intern(first, second) {
      const slot = slotOf(first, second);
      if (slots[slot] !== 0) return slots[slot]!;
      const index = firsts.length;
      if (index > most) throw new ProfileError(`There are more than ${most} ${what}.`);
      firsts.push(first);
      seconds.push(second);
      slots[slot] = index;
      if (index * 2 > slots.length) grow();
      return index;
    },
    find: (first, second) => slots[slotOf(first, second)]!,
  };
}

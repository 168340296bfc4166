import { ProfileError } from './error.ts';
import { Uint32List } from './growable.ts';

/** Numbers pairs of integers from 1 up; equal pairs have the same number. A Map of them takes ten times as long. */
export interface Pairs {
  /** The parts of each pair, by its number. */
  readonly first: Uint32List;
  readonly second: Uint32List;
  readonly intern: (first: number, second: number) => number;
}

/** They become objects, in the end. */
const maxPairs = 2 ** 22;

/** `what` they are, for the error when there are too many. */
export function createPairs(what: string): Pairs {
  const firsts = new Uint32List();
  const seconds = new Uint32List();
  let slots = new Int32Array(256);
  firsts.push(0);
  seconds.push(0);

  const slotOf = (first: number, second: number): number => {
    const mask = slots.length - 1;
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 13)) & mask;
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
      if (index > maxPairs) throw new ProfileError(`There are more than ${maxPairs} ${what}.`);
      firsts.push(first);
      seconds.push(second);
      slots[slot] = index;
      if (index * 2 > slots.length) grow();
      return index;
    },
  };
}

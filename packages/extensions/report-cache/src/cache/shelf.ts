import type { Held } from './held.ts';

/** The reports of one cluster and one signal, the oldest first. */
export interface Shelf {
  readonly held: readonly Held[];
  /** How many there ever were. */
  readonly count: number;
  readonly newest: Held | undefined;
  push(held: Held): void;
  /** Takes the oldest off. */
  shift(): Held | undefined;
  /** How many came after this cursor and are not here. Exact for the last thousand that have gone, otherwise at the most. */
  missed(after: number): number;
}

interface Place {
  readonly cursor: number;
  readonly ordinal: number;
}

/** For how many reports that have gone their places are known. */
const remembered = 1000;

export function createShelf(): Shelf {
  const held: Held[] = [];
  const gone: Place[] = [];
  let count = 0;

  /** Of those that have gone and those that are here, in one order. */
  const place = (index: number): Place | undefined => gone[index] ?? held[index - gone.length];

  /** The index of the first place after the cursor, by halving. */
  function firstAfter(after: number): number {
    let [low, high] = [0, gone.length + held.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (place(middle)!.cursor > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    held,
    get count() {
      return count;
    },
    get newest() {
      return held.at(-1);
    },
    push(one) {
      held.push(one);
      count = one.ordinal;
    },
    shift() {
      const oldest = held.shift();
      if (!oldest) return undefined;
      gone.push({ cursor: oldest.cursor, ordinal: oldest.ordinal });
      if (gone.length > 2 * remembered) gone.splice(0, gone.length - remembered);
      return oldest;
    },
    missed(after) {
      const index = firstAfter(after);
      const next = place(index);
      if (!next) return 0;
      // Between two places there are as many as their ordinals say, each with a cursor of its own, anywhere between theirs.
      const between = next.ordinal - (place(index - 1)?.ordinal ?? 0) - 1;
      const before = Math.min(between, next.cursor - after - 1);
      const here = gone.length + held.length - Math.max(index, gone.length);
      return count - next.ordinal + 1 + before - here;
    },
  };
}

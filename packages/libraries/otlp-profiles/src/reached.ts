import type { Dictionary } from './decode-dictionary.ts';

/** Rows of a table that one profile needs. */
export interface Rows {
  /** Of the dictionary, in its order. */
  readonly indices: Uint32Array;
  /** From 1 up, in that order. Until the next profile is looked at. */
  idOf(index: number): number;
}

/** What one profile needs of the dictionary. */
export interface Reached {
  readonly locations: Rows;
  readonly functions: Rows;
  readonly mappings: Rows;
}

export interface ReachOptions {
  /** All of them, or those that locations refer to. */
  readonly mappings: 'all' | 'used';
}

/** Finds what the stacks lead to. The marks are kept from profile to profile: a request may have many small ones. */
export function createReach({
  stacks,
  locations,
  functions,
  mappings,
}: Dictionary): (used: Iterable<number>, options: ReachOptions) => Reached {
  const marks = {
    stacks: createMarks(stacks.count),
    locations: createMarks(locations.length),
    functions: createMarks(functions.length),
    mappings: createMarks(mappings.length),
  };
  return (used, options) => {
    for (const mark of Object.values(marks)) mark.clear();
    for (const stack of used) {
      if (stack === 0 || !marks.stacks.add(stack)) continue;
      for (let at = stacks.start(stack); at < stacks.end(stack); at++) {
        const location = stacks.values.at(at);
        if (!marks.locations.add(location)) continue;
        const { mapping, lines } = locations[location]!;
        if (mapping !== 0) marks.mappings.add(mapping);
        for (const line of lines) if (line.function !== 0) marks.functions.add(line.function);
      }
    }
    if (options.mappings === 'all') for (let index = 1; index < mappings.length; index++) marks.mappings.add(index);
    return {
      locations: marks.locations.rows(),
      functions: marks.functions.rows(),
      mappings: marks.mappings.rows(),
    };
  };
}

interface Marks {
  clear(): void;
  /** False if it is there already. */
  add(index: number): boolean;
  rows(): Rows;
}

function createMarks(count: number): Marks {
  const rounds = new Uint32Array(count);
  const ids = new Uint32Array(count);
  let round = 0;
  let list: number[] = [];
  return {
    clear() {
      round++;
      list = [];
    },
    add(index) {
      if (rounds[index] === round) return false;
      rounds[index] = round;
      list.push(index);
      return true;
    },
    rows() {
      const indices = Uint32Array.from(list).sort();
      for (let at = 0; at < indices.length; at++) ids[indices[at]!] = at + 1;
      return { indices, idOf: (index) => ids[index]! };
    },
  };
}

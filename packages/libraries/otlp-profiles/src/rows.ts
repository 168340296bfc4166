/** A table of OTLP's dictionary: each row once. Row 0 is there from the start, and says that there is none. */
export interface Rows {
  readonly count: number;
  /** The index of the first `length` words; never 0. */
  intern(words: Uint32Array, length: number): number;
  /** The words of a row; none of row 0. */
  at(index: number): Uint32Array;
}

/** A hash table with a random seed: who writes a profile cannot choose rows that collide. */
export function createRows(): Rows {
  const seed = Math.floor(Math.random() * 2 ** 32);
  let words = new Uint32Array(256);
  /** Where each row ends. */
  const ends = [0];
  const hashes = [0];
  let slots = new Int32Array(64);

  const put = (index: number): void => {
    const mask = slots.length - 1;
    let slot = hashes[index]! & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = index;
  };
  const isRow = (index: number, other: Uint32Array, length: number): boolean => {
    const start = ends[index - 1]!;
    if (ends[index]! - start !== length) return false;
    for (let at = 0; at < length; at++) if (words[start + at] !== other[at]) return false;
    return true;
  };
  const append = (other: Uint32Array, length: number): void => {
    const start = ends.at(-1)!;
    if (start + length > words.length) {
      const grown = new Uint32Array(Math.max(words.length * 2, start + length));
      grown.set(words.subarray(0, start));
      words = grown;
    }
    words.set(other.subarray(0, length), start);
    ends.push(start + length);
  };

  return {
    get count() {
      return ends.length;
    },
    intern(other, length) {
      const hash = hashOf(other, length, seed);
      const mask = slots.length - 1;
      for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
        const index = slots[slot]!;
        if (hashes[index] === hash && isRow(index, other, length)) return index;
      }
      append(other, length);
      const index = hashes.push(hash) - 1;
      if (index * 2 <= slots.length) put(index);
      else {
        slots = new Int32Array(slots.length * 2);
        for (let row = 1; row <= index; row++) put(row);
      }
      return index;
    },
    at: (index) => words.subarray(index === 0 ? 0 : ends[index - 1], ends[index]),
  };
}

/** https://en.wikipedia.org/wiki/MurmurHash, by words. */
function hashOf(words: Uint32Array, length: number, seed: number): number {
  let hash = seed ^ length;
  for (let at = 0; at < length; at++) {
    let word = Math.imul(words[at]!, 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

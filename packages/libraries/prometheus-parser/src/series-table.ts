import { copyBytes, sameBytes } from './bytes.ts';
import type { Cursor } from './cursor.ts';

/** What is known of each series, by its number. */
interface Columns {
  /** Where its bytes are: in which part of the store, and where in that. */
  readonly part: Uint32Array;
  readonly start: Uint32Array;
  readonly length: Uint32Array;
  readonly hash: Uint32Array;
  /** The page that had it last, and the one that had it first. */
  readonly seenIn: Uint32Array;
  readonly addedIn: Uint32Array;
  /** The one that came after it when it was last seen, or 0: pages nearly always have the same order. */
  readonly following: Uint32Array;
}

const smallest = 1024;
const partBytes = 256 * 1024;

/** What comes before the first series of a page: a number that no series has. */
export const beginning = 0;

export interface NewSeries<T> {
  /** Its bytes are those from the cursor to here. */
  readonly end: number;
  readonly hash: number;
  readonly page: number;
  readonly target: T | undefined;
}

/**
 * The series that are remembered, each a number. Their bytes, from the name to the closing brace, are in one store,
 * and found by a hash table with linear probing. There is no object for each: it would cost as much as the labels do.
 */
export class SeriesTable<T> {
  columns = columnsOf(smallest);
  /** Undefined: the sink does not take its samples. */
  readonly targets: (T | undefined)[] = [undefined];
  /** Pairs: the number of a series, or 0 where it is free, and its hash. At most half full. */
  #slots = new Int32Array(smallest * 4);
  /** In parts, so that nothing is copied when it grows. */
  #store: DataView[] = [];
  /** How many bytes of the last part. */
  #used = 0;

  get count(): number {
    return this.targets.length - 1;
  }

  /** Whether the bytes at the cursor begin with those of the series. */
  begins({ view, at, end }: Cursor, series: number): boolean {
    const { part, start, length } = this.columns;
    const after = at + length[series]!;
    return after < end && sameBytes(view, at, after, this.#store[part[series]!]!, start[series]!);
  }

  /** The series of the bytes from the cursor to `end`, or 0. */
  find(cursor: Cursor, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const length = end - cursor.at;
    for (let slot = (hash << 1) & mask; slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] !== hash) continue;
      const series = slots[slot]!;
      if (this.columns.length[series] === length && this.begins(cursor, series)) return series;
    }
    return 0;
  }

  /** Those bytes must not be there yet. */
  add({ view, at }: Cursor, { end, hash, page, target }: NewSeries<T>): number {
    const series = this.targets.push(target) - 1;
    if (series === this.columns.hash.length) this.columns = columnsOf(series * 2, this.columns);
    const { columns } = this;
    this.#keep(series, { view, start: at, end });
    columns.hash[series] = hash;
    columns.addedIn[series] = page;
    columns.seenIn[series] = 0;
    columns.following[series] = 0;
    if (series * 4 >= this.#slots.length) this.#fillSlots(this.#slots.length * 2);
    else place(this.#slots, series, hash);
    return series;
  }

  /** Drops the series for which `keep` is false, and returns what stood for them. The others get new numbers. */
  filter(keep: (series: number) => boolean): (T | undefined)[] {
    const { targets } = this;
    const dropped: (T | undefined)[] = [];
    const renumbered = new Uint32Array(targets.length);
    let kept = 1;
    for (let series = 1; series < targets.length; series++)
      if (keep(series)) renumbered[series] = kept++;
      else dropped.push(targets[series]);
    if (dropped.length > 0) this.#renumber(renumbered, kept);
    return dropped;
  }

  /** Numbers only become lower. 0: the series is dropped. */
  #renumber(numbers: Uint32Array, count: number): void {
    const { targets, columns } = this;
    const { part, start, length, following } = columns;
    const all = Object.values(columns) as Uint32Array[];
    const before = this.#store;
    this.#store = [];
    for (let series = 1; series < numbers.length; series++) {
      const number = numbers[series]!;
      if (number === 0) continue;
      const view = before[part[series]!]!;
      const kept = { view, start: start[series]!, end: start[series]! + length[series]! };
      for (const column of all) column[number] = column[series]!;
      targets[number] = targets[series];
      this.#keep(number, kept);
    }
    for (let series = 0; series < count; series++) following[series] = numbers[following[series]!]!;
    targets.length = count;
    let capacity = smallest;
    while (capacity < count) capacity *= 2;
    this.columns = columnsOf(capacity, columns);
    this.#fillSlots(capacity * 4);
  }

  /** Copies the bytes of the series to the end of the store. */
  #keep(series: number, { view, start, end }: { view: DataView; start: number; end: number }): void {
    const length = end - start;
    let part = this.#store.at(-1);
    if (!part || this.#used + length > part.byteLength) {
      part = new DataView(new ArrayBuffer(Math.max(partBytes, length)));
      this.#store.push(part);
      this.#used = 0;
    }
    copyBytes(view, start, end, part, this.#used);
    this.columns.part[series] = this.#store.length - 1;
    this.columns.start[series] = this.#used;
    this.columns.length[series] = length;
    this.#used += length;
  }

  #fillSlots(length: number): void {
    this.#slots = new Int32Array(length);
    for (let series = 1; series < this.targets.length; series++) place(this.#slots, series, this.columns.hash[series]!);
  }
}

function columnsOf(capacity: number, from?: Columns): Columns {
  const resized = (column: keyof Columns): Uint32Array => {
    const values = new Uint32Array(capacity);
    if (from) values.set(from[column].subarray(0, capacity));
    return values;
  };
  return {
    part: resized('part'),
    start: resized('start'),
    length: resized('length'),
    hash: resized('hash'),
    seenIn: resized('seenIn'),
    addedIn: resized('addedIn'),
    following: resized('following'),
  };
}

function place(slots: Int32Array, series: number, hash: number): void {
  const mask = slots.length - 1;
  let slot = (hash << 1) & mask;
  while (slots[slot] !== 0) slot = (slot + 2) & mask;
  slots[slot] = series;
  slots[slot + 1] = hash;
}

import type { Cursor } from './cursor.ts';

/** A series that is remembered. Its bytes, from the name to the closing brace, are in the table. */
export class Entry<T> {
  readonly hashed: number;
  readonly length: number;
  /** In the table's store; -1 when it is no longer in the table. */
  start: number;
  /** Undefined: the sink does not take its samples. */
  target: T | undefined = undefined;
  /** The page that had it last, and the one that had it first. */
  seenIn = 0;
  addedIn = 0;
  /** The one that came after it when it was last seen: pages nearly always have the same order. */
  following: Entry<T> | undefined = undefined;

  constructor(hashed: number, start: number, length: number) {
    this.hashed = hashed;
    this.start = start;
    this.length = length;
  }
}

const smallest = 1024;

/** Finds the entry of a series by its bytes: a hash table with linear probing over one store of bytes. */
export class SeriesTable<T> {
  #entries: Entry<T>[] = [];
  /** Pairs: the index of an entry + 1, or 0 where it is free, and its hash. At most half full. */
  #slots = new Int32Array(smallest * 2);
  #store = Buffer.allocUnsafeSlow(smallest * 64);
  #used = 0;

  get entries(): readonly Entry<T>[] {
    return this.#entries;
  }

  /** Whether the bytes at the cursor begin with those of the entry. */
  begins(cursor: Cursor, entry: Entry<T>): boolean {
    const { bytes, at } = cursor;
    const { length, start } = entry;
    if (start < 0 || at + length >= cursor.end) return false;
    const store = this.#store;
    for (let index = 0; index < length; index++) if (bytes[at + index] !== store[start + index]) return false;
    return true;
  }

  /** The entry of the bytes from the cursor to `end`. */
  find(cursor: Cursor, end: number, hashed: number): Entry<T> | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const length = end - cursor.at;
    for (let slot = (hashed << 1) & mask; slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] !== hashed) continue;
      const entry = this.#entries[slots[slot]! - 1]!;
      if (entry.length === length && this.begins(cursor, entry)) return entry;
    }
    return undefined;
  }

  /** Those bytes must not be there yet. */
  add(cursor: Cursor, end: number, hashed: number): Entry<T> {
    const length = end - cursor.at;
    if (this.#used + length > this.#store.length) this.#grow(length);
    const entry = new Entry<T>(hashed, this.#used, length);
    cursor.bytes.copy(this.#store, this.#used, cursor.at, end);
    this.#used += length;
    this.#entries.push(entry);
    if (this.#entries.length * 4 > this.#slots.length) this.#widen();
    place(this.#slots, this.#entries.length, hashed);
    return entry;
  }

  /** Drops the entries for which `keep` is false, and returns them. */
  filter(keep: (entry: Entry<T>) => boolean): readonly Entry<T>[] {
    const dropped: Entry<T>[] = [];
    const kept = this.#entries.filter((entry) => keep(entry) || (dropped.push(entry), false));
    if (dropped.length === 0) return dropped;
    for (const entry of dropped) entry.start = -1;
    this.#entries = kept;
    const bytes = kept.reduce((sum, { length }) => sum + length, 0);
    const store = Buffer.allocUnsafeSlow(Math.max(smallest * 64, bytes));
    let used = 0;
    for (const entry of kept) {
      this.#store.copy(store, used, entry.start, entry.start + entry.length);
      entry.start = used;
      used += entry.length;
    }
    this.#store = store;
    this.#used = used;
    let pairs = smallest;
    while (kept.length * 2 > pairs) pairs *= 2;
    this.#slots = new Int32Array(pairs * 2);
    for (const [index, { hashed }] of kept.entries()) place(this.#slots, index + 1, hashed);
    return dropped;
  }

  #widen(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 4);
    for (let slot = 0; slot < old.length; slot += 2)
      if (old[slot] !== 0) place(this.#slots, old[slot]!, old[slot + 1]!);
  }

  #grow(by: number): void {
    const store = Buffer.allocUnsafeSlow(Math.max(this.#store.length * 2, this.#used + by));
    this.#store.copy(store, 0, 0, this.#used);
    this.#store = store;
  }
}

function place(slots: Int32Array, index: number, hashed: number): void {
  const mask = slots.length - 1;
  let slot = (hashed << 1) & mask;
  while (slots[slot] !== 0) slot = (slot + 2) & mask;
  slots[slot] = index;
  slots[slot + 1] = hashed;
}

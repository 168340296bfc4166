import { Int64s } from './int64.ts';

/** A Uint32Array that grows. */
export class Uint32List {
  array = new Uint32Array(64);
  length = 0;

  push(value: number): void {
    if (this.length === this.array.length) this.reserve(1);
    this.array[this.length++] = value;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.array.length) return;
    const grown = new Uint32Array(Math.max(this.array.length * 2, needed));
    grown.set(this.array.subarray(0, this.length));
    this.array = grown;
  }

  toArray(): Uint32Array {
    return this.array.slice(0, this.length);
  }
}

/** A column of 64-bit integers that grows. */
export class Int64List {
  #column = new Int64s(64);
  length = 0;

  push(low: number, high: number): void {
    if (this.length === this.#column.length) this.#column = this.#column.resized(this.length * 2);
    this.#column.setWords(this.length++, low, high);
  }

  pushFrom(column: Int64s, index: number): void {
    this.push(column.low(index), column.high(index));
  }

  add(index: number, column: Int64s, from: number): void {
    this.#column.add(index, column, from);
  }

  toColumn(): Int64s {
    return this.#column.slice(0, this.length);
  }
}

/** A Uint32Array that grows. A request may have many that stay empty. */
export class Uint32List {
  array = new Uint32Array(4);
  length = 0;

  push(value: number): void {
    if (this.length === this.array.length) {
      const grown = new Uint32Array(this.length * 2);
      grown.set(this.array);
      this.array = grown;
    }
    this.array[this.length++] = value;
  }

  at(index: number): number {
    return this.array[index]!;
  }

  values(): Uint32Array {
    return this.array.subarray(0, this.length);
  }
}

/** Lists of numbers, one after the other in one array. */
export class Lists {
  readonly values = new Uint32List();
  readonly #ends = new Uint32List();

  get count(): number {
    return this.#ends.length;
  }

  push(value: number): void {
    this.values.push(value);
  }

  /** What is pushed from now on belongs to the next list. */
  finish(): void {
    this.#ends.push(this.values.length);
  }

  start(index: number): number {
    return index === 0 ? 0 : this.#ends.at(index - 1);
  }

  end(index: number): number {
    return this.#ends.at(index);
  }

  size(index: number): number {
    return this.end(index) - this.start(index);
  }

  list(index: number): Uint32Array {
    return this.values.array.subarray(this.start(index), this.end(index));
  }

  equals(other: Lists): boolean {
    return isSame(this.#ends, other.#ends) && isSame(this.values, other.values);
  }
}

export function isSame(one: Uint32List, other: Uint32List): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one.array[at] !== other.array[at]) return false;
  return true;
}

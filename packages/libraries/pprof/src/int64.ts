import { ProfileError } from './error.ts';

/** A 64-bit integer, or a sum of such: a number where it is exact, a bigint beyond 2^53. */
export type Int64 = number | bigint;

const two32 = 2 ** 32;
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
const lowWord = littleEndian ? 0 : 1;
const highWord = 1 - lowWord;

export const toInt64 = (value: bigint): Int64 =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

export const sum = (one: Int64, other: Int64): Int64 => {
  const result = Number(one) + Number(other);
  return Number.isSafeInteger(result) && typeof one === 'number' && typeof other === 'number'
    ? result
    : toInt64(BigInt(one) + BigInt(other));
};

/** As int64; a ProfileError that says what makes the value, where it does not fit. */
export function fitting(value: bigint, what: () => string): Int64 {
  if (value !== BigInt.asIntN(64, value)) throw tooGreat(what());
  return toInt64(value);
}

export const tooGreat = (what: string): ProfileError => new ProfileError(`${what} does not fit in 64 bits.`);

export const negative = (value: Int64): Int64 => (typeof value === 'bigint' ? toInt64(-value) : 0 - value);

export const magnitude = (value: Int64): Int64 => (value < 0 ? negative(value) : value);

/** For sorting: numbers and bigints among each other. */
export const compare = (one: Int64, other: Int64): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * A column of 64-bit integers, exact, that costs no bigint to fill. `number` and `at` read it as int64, `unsigned` as
 * uint64.
 */
export class Int64s {
  readonly length: number;
  readonly #words: Int32Array;
  readonly #signed: BigInt64Array;
  readonly #unsigned: BigUint64Array;

  constructor(length: number) {
    const buffer = new ArrayBuffer(length * 8);
    this.length = length;
    this.#words = new Int32Array(buffer);
    this.#signed = new BigInt64Array(buffer);
    this.#unsigned = new BigUint64Array(buffer);
  }

  static of(...values: readonly Int64[]): Int64s {
    const column = new Int64s(values.length);
    for (const [index, value] of values.entries()) column.set(index, value);
    return column;
  }

  setWords(index: number, low: number, high: number): void {
    this.#words[index * 2 + lowWord] = low;
    this.#words[index * 2 + highWord] = high;
  }

  set(index: number, value: Int64): void {
    if (typeof value === 'number') this.setWords(index, value | 0, Math.floor(value / two32) | 0);
    else this.#signed[index] = value;
  }

  low(index: number): number {
    return this.#words[index * 2 + lowWord]!;
  }

  high(index: number): number {
    return this.#words[index * 2 + highWord]!;
  }

  isZero(index: number): boolean {
    return this.low(index) === 0 && this.high(index) === 0;
  }

  /** The nearest double. */
  number(index: number): number {
    return this.high(index) * two32 + (this.low(index) >>> 0);
  }

  at(index: number): Int64 {
    const value = this.number(index);
    return Number.isSafeInteger(value) ? value : toInt64(this.#signed[index]!);
  }

  bigint(index: number): bigint {
    return this.#signed[index]!;
  }

  unsigned(index: number): bigint {
    return this.#unsigned[index]!;
  }

  /** Adds what stands in another column. A sum beyond 64 bits, which Go wraps, is a ProfileError, also on the way to one that fits. */
  add(index: number, other: Int64s, from: number): void {
    const low = (this.low(index) >>> 0) + (other.low(from) >>> 0);
    const high = this.high(index) + other.high(from) + (low >= two32 ? 1 : 0);
    if (high !== (high | 0)) throw tooGreat(`${this.at(index)} + ${other.at(from)}`);
    this.setWords(index, low | 0, high);
  }

  slice(start: number, end: number): Int64s {
    const part = new Int64s(end - start);
    part.#words.set(this.#words.subarray(start * 2, end * 2));
    return part;
  }

  /** A column of `length` that begins with this one. */
  resized(length: number): Int64s {
    const column = new Int64s(length);
    column.#words.set(this.#words.subarray(0, Math.min(length, this.length) * 2));
    return column;
  }
}

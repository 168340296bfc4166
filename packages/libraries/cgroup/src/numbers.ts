import type { Count } from './sample.ts';

const beyond = 2n ** 63n;
const zero = 0x30;
const newline = 0x0a;
const space = 0x20;

/**
 * The whole number that the bytes from `at` to `end` spell; undefined if they spell none, or one of 2^63 and more, which the
 * kernel writes for no limit and, of counters that it keeps inexactly, for what is a little below 0.
 */
export function parseCount(bytes: Buffer, at: number, end: number): Count | undefined {
  const digits = end - at;
  if (digits <= 0 || digits > 19) return undefined;
  let value = 0;
  for (let place = at; place < end; place++) {
    const digit = bytes[place]! - zero;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (digits <= 15) return value;
  return narrow(BigInt(bytes.toString('latin1', at, end)));
}

/** A number where it is exact as one. */
function narrow(value: bigint): Count | undefined {
  if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
  return value < beyond ? value : undefined;
}

/** A file that holds one number. */
export function parseSingle(bytes: Buffer, length: number): Count | undefined {
  return parseCount(bytes, 0, length > 0 && bytes[length - 1] === newline ? length - 1 : length);
}

/** As text spells it. */
export function countOf(text: string | undefined): Count | undefined {
  return text !== undefined && /^\d{1,19}$/.test(text) ? narrow(BigInt(text)) : undefined;
}

/**
 * A limit. None where it is `max` or, in version 1, the greatest that the kernel can write, which is 2^63 less a page of 4 to
 * 64 kB.
 */
export function parseLimit(bytes: Buffer, length: number): Count | undefined {
  const limit = parseSingle(bytes, length);
  return limit !== undefined && limit < 2 ** 62 ? limit : undefined;
}

export function times(count: Count | undefined, factor: number): Count | undefined {
  if (count === undefined) return undefined;
  if (typeof count === 'number' && count * factor <= Number.MAX_SAFE_INTEGER) return count * factor;
  return narrow(BigInt(count) * BigInt(factor));
}

/** Never below 0. Undefined unless both are known. */
export function difference(minuend: Count | undefined, subtrahend: Count | undefined): Count | undefined {
  if (minuend === undefined || subtrahend === undefined) return undefined;
  if (minuend <= subtrahend) return 0;
  if (typeof minuend === 'number' && typeof subtrahend === 'number') return minuend - subtrahend;
  return narrow(BigInt(minuend) - BigInt(subtrahend));
}

/** As exact as a double can be: a bigint is divided before it is rounded. */
export const nanosToSeconds = (nanos: Count): number =>
  typeof nanos === 'number' ? nanos / 1e9 : Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9;

/** Puts the numbers of the wanted keys into `into`, each at the place of its key; undefined where the file has none. */
export type KeyedParser = (bytes: Buffer, length: number, into: (Count | undefined)[]) => void;

/**
 * A parser of lines `key number`. It hashes each key while it looks for the number, so that the forty lines of memory.stat
 * cost no strings. A line without its end has been cut, and is not believed.
 */
export function keyedParser(keys: readonly string[]): KeyedParser {
  const wanted = new Map(
    keys.map((key, place) => [hash(Buffer.from(key, 'latin1')), { key: Buffer.from(key), place }]),
  );
  return (bytes, length, into) => {
    for (let place = 0; place < keys.length; place++) into[place] = undefined;
    let at = 0;
    while (at < length) {
      const start = at;
      let code = hashSeed;
      for (; at < length && bytes[at]! > space; at++) code = Math.imul(code ^ bytes[at]!, hashFactor);
      const keyEnd = at;
      while (at < length && bytes[at] !== newline) at++;
      if (at === length) return;
      const found = wanted.get(code);
      if (found !== undefined && isKey(bytes, start, keyEnd, found.key))
        into[found.place] = parseCount(bytes, keyEnd + 1, at);
      at++;
    }
  };
}

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
const hashSeed = 0x811c9dc5 | 0;
const hashFactor = 0x01000193;

function hash(key: Buffer): number {
  let code = hashSeed;
  for (const byte of key) code = Math.imul(code ^ byte, hashFactor);
  return code;
}

function isKey(bytes: Buffer, start: number, end: number, key: Buffer): boolean {
  if (end - start !== key.length) return false;
  for (let place = 0; place < key.length; place++) if (bytes[start + place] !== key[place]) return false;
  return true;
}

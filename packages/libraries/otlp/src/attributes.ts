import type { Attributes } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import { readAttributes } from './decode-values.ts';
import { hashOf, isSame } from './hash.ts';
import { rememberAttributes } from './values.ts';

/** For what has none: one object too, as what others cache for attributes is cached by identity. */
export const noAttributes: Attributes = Object.freeze({});

const slots = 32_768;
/** Places that a set may be in. */
const ways = 8;
const shortest = 4;
const longest = 512;
const hashes = new Int32Array(slots);
const sizes = new Uint16Array(slots);
/** Undefined where a hash was only seen once: those which come once, of spans say, take no more than that. */
const sets: (Attributes | undefined)[] = [];
/** Its memory is taken when the first set comes in. */
let kept = new DataView(new ArrayBuffer(0));
let turn = 0;

/**
 * The attributes of a message that goes on to `end`: those whose tag was just read, and all that follow at once. Sets that
 * come again are the same object again, from the second time on, so that what is cached under its identity lives on. The
 * table holds 32,768 sets and 16 MB of their bytes.
 */
export function decodeAttributes(cursor: Cursor, end: number, tag: number): Attributes {
  const { bytes } = cursor;
  const start = cursor.at - 1;
  cursor.at = cursor.end();
  while (cursor.at < end && bytes[cursor.at] === tag) {
    cursor.at++;
    cursor.at = cursor.end();
  }
  const stop = cursor.at;
  const size = stop - start;
  if (size > longest || size < shortest) return readAttributes(cursor, start, stop);

  const hash = hashOf(cursor.view, start, stop);
  const first = hash & (slots - ways);
  for (let slot = first; slot < first + ways; slot++) {
    if (hashes[slot] !== hash) continue;
    if (sets[slot] === undefined) return take(slot, readAttributes(cursor, start, stop), bytes.subarray(start, stop));
    if (sizes[slot] === size && isSame(kept, slot * longest, { view: cursor.view, start, size })) return sets[slot]!;
  }
  note(hash, first);
  return readAttributes(cursor, start, stop);
}

/** Remembers that a hash was seen: in place of another of these, or now and then of a set, as sets get out of use. */
function note(hash: number, first: number): void {
  turn++;
  for (let way = 0; way < ways; way++) {
    const slot = first + ((way + turn) & (ways - 1));
    if (sets[slot] !== undefined) continue;
    hashes[slot] = hash;
    return;
  }
  if ((turn & 0x38) !== 0) return;
  const slot = first + (turn & (ways - 1));
  hashes[slot] = hash;
  sets[slot] = undefined;
}

function take(slot: number, attributes: Attributes, bytes: Uint8Array): Attributes {
  if (kept.byteLength === 0) {
    kept = new DataView(new ArrayBuffer(slots * longest));
    for (let index = 0; index < slots; index++) sets.push(undefined);
  }
  new Uint8Array(kept.buffer, slot * longest, bytes.length).set(bytes);
  sizes[slot] = bytes.length;
  sets[slot] = attributes;
  rememberAttributes(attributes, new Uint8Array(bytes));
  return attributes;
}

/** Attributes of one message that did not come all at once. */
export const joined = (before: Attributes | undefined, more: Attributes): Attributes =>
  before === undefined || before === noAttributes ? more : { ...more, ...before };

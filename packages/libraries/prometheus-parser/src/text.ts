import { isUtf8 } from 'node:buffer';
import { copyBytes, hashOf, sameBytes, viewOf } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { backslash, newline, quote } from './cursor.ts';

const slots = 16_384;
const longest = 64;

/**
 * Label names and values repeat, in a page and from target to target: what was read before is taken again, so that it is
 * in memory once. The texts last read, by their hash, and their bytes: comparing those with a string costs several times as
 * much.
 */
const known: string[] = Array.from({ length: slots }, () => '');
const knownLengths = new Uint8Array(slots);
const knownBytes = viewOf(new Uint8Array(slots * longest));

export interface Text {
  readonly start: number;
  readonly end: number;
  /** Of these bytes, with or without what is before and after them. */
  readonly hash: number;
}

/** Text without escapes that is known to be ASCII. */
export function asciiText({ bytes, view }: Cursor, { start, end, hash }: Text): string {
  const length = end - start;
  if (length > longest) return bytes.toString('latin1', start, end);
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const place = slot * longest;
  if (knownLengths[slot] === length && sameBytes(view, start, end, knownBytes, place)) return known[slot]!;
  copyBytes(view, start, end, knownBytes, place);
  knownLengths[slot] = length;
  return (known[slot] = bytes.toString('latin1', start, end));
}

/** What is between quotes, whose first the cursor has passed; leaves it behind the last. */
export function readQuoted(cursor: Cursor, what: string): string {
  const { at: start } = cursor;
  const kind = skipQuoted(cursor, what);
  const end = cursor.at - 1;
  if (kind === 'plain') return asciiText(cursor, { start, end, hash: hashOf(cursor.view, start, end) });
  return otherText(cursor, start, what);
}

/** Leaves the cursor behind the closing quote. Plain is ASCII without escapes. */
export function skipQuoted(cursor: Cursor, what: string): 'plain' | 'other' {
  const { bytes } = cursor;
  let { at } = cursor;
  let byte = bytes[at]!;
  let seen = 0;
  while (byte !== quote) {
    if (byte === backslash) {
      seen = 128;
      byte = bytes[++at]!;
    }
    if (byte === newline) {
      cursor.at = at;
      throw cursor.expected(`a quote after ${what}`);
    }
    seen |= byte;
    byte = bytes[++at]!;
  }
  cursor.at = at + 1;
  return seen < 128 ? 'plain' : 'other';
}

/** From `start` to the quote that the cursor has passed. */
export function otherText(cursor: Cursor, start: number, what: string): string {
  const text = utf8Text(cursor.bytes, start, cursor.at - 1);
  if (text === undefined) throw cursor.error(`${what} is not UTF-8`);
  return unescape(text);
}

export const utf8Text = (bytes: Buffer, start: number, end: number): string | undefined =>
  isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined;

const escapes: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** An escape that is none stands for itself, as in Prometheus. */
const unescape = (text: string): string => text.replace(/\\[\\"n]/g, (escape) => escapes[escape]!);

/** Of `# HELP`, where a quote needs no escape. */
export const unescapeHelp = (text: string): string =>
  text.includes('\\') ? text.replace(/\\[\\n]/g, (escape) => escapes[escape]!) : text;

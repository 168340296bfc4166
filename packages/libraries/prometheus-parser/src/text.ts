import { isUtf8 } from 'node:buffer';
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
const knownBytes = Buffer.alloc(slots * longest);

/** The text of ASCII bytes whose hash is known. */
function recurring(bytes: Buffer, start: number, end: number, hashed: number): string {
  const length = end - start;
  if (length > longest) return bytes.toString('latin1', start, end);
  const slot = (hashed ^ (hashed >>> 15)) & (slots - 1);
  const candidate = known[slot]!;
  const place = slot * longest;
  if (candidate.length === length) {
    let at = 0;
    while (at < length && knownBytes[place + at] === bytes[start + at]) at++;
    if (at === length) return candidate;
  }
  for (let at = 0; at < length; at++) knownBytes[place + at] = bytes[start + at]!;
  return (known[slot] = bytes.toString('latin1', start, end));
}

/** Text without escapes that is known to be ASCII. */
export function asciiText(bytes: Buffer, start: number, end: number): string {
  let hashed = 0;
  for (let at = start; at < end; at++) hashed = Math.imul(hashed ^ bytes[at]!, 0x01000193);
  return recurring(bytes, start, end, hashed);
}

/** What is between quotes, whose first the cursor has passed; leaves it behind the last. */
export function readQuoted(cursor: Cursor, what: string): string {
  const { bytes, at: start } = cursor;
  let at = start;
  let [hashed, seen, escaped] = [0, 0, false];
  let byte = bytes[at]!;
  while (byte !== quote) {
    if (byte === backslash) {
      escaped = true;
      byte = bytes[++at]!;
    }
    if (byte === newline) {
      cursor.at = at;
      throw cursor.expected(`a quote after ${what}`);
    }
    seen |= byte;
    hashed = Math.imul(hashed ^ byte, 0x01000193);
    byte = bytes[++at]!;
  }
  cursor.at = at + 1;
  if (seen < 128 && !escaped) return recurring(bytes, start, at, hashed);
  const text = utf8Text(bytes, start, at);
  if (text === undefined) throw cursor.error(`${what} is not UTF-8`);
  return escaped ? unescape(text) : text;
}

export const utf8Text = (bytes: Buffer, start: number, end: number): string | undefined =>
  isUtf8(bytes.subarray(start, end)) ? bytes.toString('utf8', start, end) : undefined;

const escapes: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/** An escape that is none stands for itself, as in Prometheus. */
const unescape = (text: string): string => text.replace(/\\[\\"n]/g, (escape) => escapes[escape]!);

/** Of `# HELP`, where a quote needs no escape. */
export const unescapeHelp = (text: string): string =>
  text.includes('\\') ? text.replace(/\\[\\n]/g, (escape) => escapes[escape]!) : text;

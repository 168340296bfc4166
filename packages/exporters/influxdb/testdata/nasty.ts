// Strings that line protocol makes something of, and what becomes of them.

import type { Random } from '@millrace/core/testing';

const special = ['\\', '\\', ',', ' ', '=', '"', '#', '\n', '\r', '\t', '\0', '\b', '\x1f', '\x7f'];
const ordinary = ['a', 'b', 'Z', '0', '_', '.', 'u', 'n', "'", '{', ':'];
const beyond = ['é', '\u2028', '\ufeff', '😀', '\ud800', '\ufffd'];
const words = ['time', '_field', '_measurement', 'C:\\', '\\', '\\\\', ' ', ',', '=', '#', '"', 'host', 'le', 'quantile'];

export function nastyText({ next, int, pick }: Random, least = 0): string {
  if (next() < 0.2) return pick(words);
  const kinds = [special, special, ordinary, ordinary, beyond];
  return Array.from({ length: int(least, 7) }, () => pick(pick(kinds))).join('');
}

function visible(written: string): string {
  let out = '';
  for (const char of written.toWellFormed()) {
    const code = char.codePointAt(0)!;
    const short = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' }[code];
    if (code < 32 || code === 127) out += short ?? `\\u${code.toString(16).padStart(4, '0')}`;
    else out += char;
  }
  return out;
}

/** What a tag's value is when it has been read. */
export function changedValue(value: string): string {
  const text = visible(value);
  return text.at(-1) === '\\' ? `${text} ` : text;
}

/** What a tag's or a field's key is when it has been read. */
export function changedKey(key: string): string {
  const text = visible(['time', '_field', '_measurement'].includes(key) ? `${key}_` : key);
  let out = '';
  let isBefore = true;
  for (let index = text.length - 1; index >= 0; index--) {
    const char = text[index]!;
    out = (char === '\\' && isBefore ? '/' : char) + out;
    isBefore = ', ="'.includes(char) || (char === '\\' && isBefore);
  }
  return out;
}

export function changedMeasurement(name: string): string {
  // None is reserved.
  const text = changedKey(`x${name}`).slice(1);
  return text.startsWith('#') ? `\\${text}` : text;
}

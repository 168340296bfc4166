import type { Cursor } from './cursor.ts';
import { newline, space, tab } from './cursor.ts';

/** 10^0 to 10^22: the powers of ten that a float64 has exactly. */
const powersOfTen = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const exact = 2 ** 53;

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isEnd = (byte: number): boolean => byte === space || byte === newline || byte === tab;

/**
 * Reads a float64 as Prometheus does: Go's `ParseFloat` without hexadecimal and underscores. `what` is for the error.
 *
 * An integer below 2^53 times or over a power of ten up to 22 is what it is with one rounding, so it is exact
 * (https://dl.acm.org/doi/10.1145/93542.93557). Other numbers take the way over a string.
 */
export function readNumber(cursor: Cursor, what: string): number {
  const { bytes } = cursor;
  let { at } = cursor;
  let byte = bytes[at]!;
  const negative = byte === 45;
  if (negative || byte === 43) byte = bytes[++at]!;
  const first = at;
  let mantissa = 0;
  let scale = 0;
  while (isDigit(byte)) {
    mantissa = mantissa * 10 + (byte - 48);
    byte = bytes[++at]!;
  }
  if (byte === 46) {
    const point = at;
    byte = bytes[++at]!;
    while (isDigit(byte)) {
      mantissa = mantissa * 10 + (byte - 48);
      byte = bytes[++at]!;
    }
    scale = point + 1 - at;
    if (at === first + 1) return readOther(cursor, what);
  } else if (at === first) return readOther(cursor, what);
  if (byte === 101 || byte === 69) {
    byte = bytes[++at]!;
    const down = byte === 45;
    if (down || byte === 43) byte = bytes[++at]!;
    let exponent = 0;
    const start = at;
    while (isDigit(byte)) {
      exponent = exponent * 10 + (byte - 48);
      byte = bytes[++at]!;
    }
    if (at === start) return readOther(cursor, what);
    scale += down ? -exponent : exponent;
  }
  if (!isEnd(byte) || mantissa >= exact || scale > 22 || scale < -22) return readOther(cursor, what);
  cursor.at = at;
  const value = scale < 0 ? mantissa / powersOfTen[-scale]! : mantissa * powersOfTen[scale]!;
  return negative ? -value : value;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const infinity = /^[+-]?inf(?:inity)?$/i;

function readOther(cursor: Cursor, what: string): number {
  const { bytes, at } = cursor;
  let end = at;
  while (!isEnd(bytes[end]!)) end++;
  const text = bytes.toString('latin1', at, end);
  const value = valueOf(text);
  if (value === undefined) throw cursor.expected(what);
  if (!decimal.test(text) || Number.isFinite(value)) {
    cursor.at = end;
    return value;
  }
  throw cursor.error(`${text} is beyond what a float64 can be`);
}

function valueOf(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  if (infinity.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return text.toLowerCase() === 'nan' ? Number.NaN : undefined;
}

/** What a date can be: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const maxTimeMs = 8.64e15;

/** The text format's times are integers in milliseconds, OpenMetrics' seconds as a float. In milliseconds, to the nearest. */
export function readTime(cursor: Cursor, format: 'prometheus' | 'openmetrics'): number {
  const { bytes, at } = cursor;
  const value = readNumber(cursor, 'a timestamp');
  const timeMs = format === 'openmetrics' ? Math.round(value * 1000) : value;
  if (Math.abs(timeMs) <= maxTimeMs) {
    if (format === 'openmetrics' || /^-?\d+$/.test(bytes.toString('latin1', at, cursor.at))) return timeMs;
  }
  cursor.at = at;
  throw cursor.expected(format === 'prometheus' ? 'a timestamp, an integer in milliseconds' : 'a timestamp in seconds');
}

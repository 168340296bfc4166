import type { AnyValue, HrTime } from '@millrace/core';
import { entryError } from '../problem.ts';

/** Digits behind the point of the seconds, if the number is shifted by so many. */
export const epochLayouts: Readonly<Record<string, number>> = {
  s: 0,
  ms: 3,
  us: 6,
  ns: 9,
  's.ms': 0,
  's.us': 0,
  's.ns': 0,
};

/** Exact for texts and integers; a double has no nanoseconds left in it. */
export function readEpoch(value: AnyValue, layout: string): HrTime {
  const text = typeof value === 'number' ? plain(value) : typeof value === 'bigint' ? String(value) : value;
  const match = typeof text === 'string' ? /^(-?)(\d{1,19})(?:\.(\d+))?$/.exec(text.trim()) : null;
  if (!match) throw entryError('the time is not a number');
  const [, sign, whole = '', fraction = ''] = match;
  const shift = epochLayouts[layout]!;
  const digits = BigInt(whole + fraction.slice(0, 9 - shift).padEnd(9 - shift, '0'));
  const nanos = sign === '-' ? -digits : digits;
  const rest = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [Number((nanos - rest) / 1_000_000_000n), Number(rest)];
}

const plain = (value: number): string =>
  Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(9).replace(/0+$/, '');

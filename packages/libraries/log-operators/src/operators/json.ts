import type { AnyValue } from '@millrace/core';
import { isMap } from '../entry.ts';
import { entryError } from '../problem.ts';
import { parser } from './parser.ts';

/** JSON.parse has the digits of a number in `context`: integers beyond 2^53 become bigints, nothing is rounded. */
const exact = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && context?.source && /^-?\d+$/.test(context.source)
    ? int64(BigInt(context.source), value)
    : value;

const int64 = (exactly: bigint, roughly: number): bigint | number =>
  BigInt.asIntN(64, exactly) === exactly ? exactly : roughly;

const bigNumber = /\d{16}/;

export function parseJson(text: string): AnyValue {
  try {
    // A reviver makes it three times slower, so it is asked only where it may matter.
    return (bigNumber.test(text) ? JSON.parse(text, exact) : JSON.parse(text)) as AnyValue;
  } catch (error) {
    throw entryError(`is not JSON: ${(error as Error).message}`);
  }
}

export const jsonParser = parser(() => (text) => {
  const value = parseJson(text);
  if (!isMap(value)) throw entryError('the JSON is not an object');
  return value;
});

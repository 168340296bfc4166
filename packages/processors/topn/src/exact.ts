import type { HrTime, ValueType } from '@millrace/core';
import { valueType } from '@millrace/core';

/** Metric values: an integer beyond 2^53 is a bigint, every other value a number. */
export type Value = number | bigint;

/** Sums of integers are exact at any size; a sum of doubles stays a double. */
export function add(a: Value, b: Value, type: ValueType): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    const isExact = type === valueType.double || Math.abs(sum) <= Number.MAX_SAFE_INTEGER;
    return isExact || !Number.isSafeInteger(a) || !Number.isSafeInteger(b) ? sum : BigInt(a) + BigInt(b);
  }
  return asIntegers(a, b, 1n);
}

export function subtract(a: Value, b: Value): Value {
  return typeof a === 'number' && typeof b === 'number' ? a - b : asIntegers(a, b, -1n);
}

/** A bigint is always an integer; beside a fraction it can only be counted as a number. */
function asIntegers(a: Value, b: Value, sign: 1n | -1n): Value {
  if (isWhole(a) && isWhole(b)) return narrow(BigInt(a) + sign * BigInt(b));
  return Number(a) + Number(sign) * Number(b);
}

const isWhole = (value: Value): boolean => typeof value === 'bigint' || Number.isInteger(value);

function narrow(value: bigint): Value {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export const isFiniteValue = (value: Value | undefined): value is Value =>
  typeof value === 'number' ? Number.isFinite(value) : value !== undefined;

export const isLater = (a: HrTime, b: HrTime): boolean => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);

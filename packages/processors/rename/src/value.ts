import type { NumberPoint } from '@millrace/core';

type Value = number | bigint;

/** What becomes of a value; undefined if it has no place in the new metric. */
export type Convert = (value: Value) => Value | undefined;

/** Undefined: values stay as they are. */
export function converter({ scale, round }: { scale?: number; round?: 'down' }): Convert | undefined {
  if (round === 'down') return (value) => floor(scale === undefined ? value : multiply(value, scale));
  return scale === undefined ? undefined : (value) => multiply(value, scale);
}

/** Of a double beyond 2^53 too, which is an integer already. */
function floor(value: Value): Value | undefined {
  if (typeof value === 'bigint') return value;
  if (!Number.isFinite(value)) return undefined;
  const whole = Math.floor(value);
  return Number.isSafeInteger(whole) ? whole : BigInt(whole);
}

/** Exact for an integer factor, whatever the size of the integer; else the nearest double. */
export function multiply(value: Value, factor: number): Value {
  if (typeof value === 'number') {
    const product = value * factor;
    if (Math.abs(product) <= Number.MAX_SAFE_INTEGER || !Number.isInteger(value) || !Number.isInteger(factor))
      return product;
    return BigInt(value) * BigInt(factor);
  }
  return Number.isInteger(factor) ? narrow(value * BigInt(factor)) : Number(value) * factor;
}

/** Exact for integers. */
export function add(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    return Math.abs(sum) <= Number.MAX_SAFE_INTEGER || !Number.isInteger(a) || !Number.isInteger(b)
      ? sum
      : BigInt(a) + BigInt(b);
  }
  if (isWhole(a) && isWhole(b)) return narrow(BigInt(a) + BigInt(b));
  return Number(a) + Number(b);
}

/** One point for two: the sum of their values, over the time of both. */
export function addPoints(a: NumberPoint, b: NumberPoint): NumberPoint {
  const exemplars = [...(a.exemplars ?? []), ...(b.exemplars ?? [])];
  const sum: NumberPoint = {
    startTime: isBefore(b.startTime, a.startTime) ? b.startTime : a.startTime,
    endTime: isBefore(a.endTime, b.endTime) ? b.endTime : a.endTime,
    attributes: a.attributes,
    value: add(a.value!, b.value!),
  };
  return exemplars.length > 0 ? { ...sum, exemplars } : sum;
}

const isWhole = (value: Value): boolean => typeof value === 'bigint' || Number.isInteger(value);

const narrow = (value: bigint): Value => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

const isBefore = (a: readonly [number, number], b: readonly [number, number]): boolean =>
  a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

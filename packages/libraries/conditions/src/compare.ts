import type { AnyValue } from '@millrace/core';
import type { Value } from './fields.ts';
import type { Operator } from './parse.ts';

/** As OTTL compares: integers and doubles by value, otherwise what is of different types is unequal and in no order. */
export const comparisons: Readonly<Record<Operator, (left: Value, right: Value) => boolean>> = {
  '==': (left, right) => equal(left, right),
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => order(left, right) < 0,
  '<=': (left, right) => order(left, right) <= 0,
  '>': (left, right) => order(left, right) > 0,
  '>=': (left, right) => order(left, right) >= 0,
};

/** NaN for what is in no order. */
function order(left: Value, right: Value): number {
  if (typeof left === 'string') {
    if (typeof right !== 'string') return Number.NaN;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (!isNumber(left) || !isNumber(right)) return Number.NaN;
  return left < right ? -1 : left > right ? 1 : left >= right ? 0 : Number.NaN;
}

const isNumber = (value: Value): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === undefined || left === null) return right === undefined || right === null;
  if (right === undefined || right === null) return false;
  // Of a number and a bigint, === says false.
  if (isNumber(left)) return order(left, right) === 0;
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  if (left instanceof Uint8Array || right instanceof Uint8Array)
    return left instanceof Uint8Array && right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (isList(left) || isList(right))
    return (
      isList(left) && isList(right) && left.length === right.length && left.every((item, at) => equal(item, right[at]))
    );
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => equal(left[key], right[key]));
}

const isList = (value: object): value is readonly AnyValue[] => Array.isArray(value);

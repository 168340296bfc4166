import type { AnyValue } from '@millrace/core';
import { isMap } from '../entry.ts';
import { goRegex } from '../go-regex.ts';
import { entryError } from '../problem.ts';

type Value = AnyValue | undefined;

const isNumber = (value: Value): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

function equal(left: Value, right: Value): boolean {
  // oxlint-disable-next-line eqeqeq -- 1 equals 1n, and nothing but numbers get here
  if (isNumber(left) && isNumber(right)) return left == right;
  return (left ?? null) === (right ?? null);
}

function order(left: Value, right: Value): number {
  if (isNumber(left) && isNumber(right)) return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  throw entryError('only two numbers or two texts can be compared');
}

function texts(left: Value, right: Value, test: (left: string, right: string) => boolean): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  return test(left, right);
}

function isIn(left: Value, right: Value): boolean {
  if (Array.isArray(right)) return right.some((one: AnyValue) => equal(left, one));
  if (isMap(right)) return typeof left === 'string' && Object.hasOwn(right, left);
  throw entryError('"in" looks into a list or a map');
}

function arithmetic(sign: string, left: Value, right: Value): Value {
  if (sign === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  if (!isNumber(left) || !isNumber(right)) throw entryError(`"${sign}" takes two numbers`);
  const [a, b] = [Number(left), Number(right)];
  return sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : sign === '/' ? a / b : a % b;
}

const patterns = new Map<string, RegExp>();

/** A pattern that is written in the config is compiled once; the others are few. */
function matches(text: string, pattern: string): boolean {
  let regex = patterns.get(pattern);
  if (!regex) {
    if (patterns.size > 1000) patterns.clear();
    patterns.set(pattern, (regex = goRegex(pattern)));
  }
  return regex.test(text);
}

/** The operators between two values. `and`, `or` and `??` are not among them: they may not look at the second. */
export const binary: Readonly<Record<string, (left: Value, right: Value) => Value>> = {
  '==': equal,
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => order(left, right) < 0,
  '<=': (left, right) => order(left, right) <= 0,
  '>': (left, right) => order(left, right) > 0,
  '>=': (left, right) => order(left, right) >= 0,
  in: isIn,
  matches: (left, right) => texts(left, right, matches),
  contains: (left, right) => texts(left, right, (text, part) => text.includes(part)),
  startsWith: (left, right) => texts(left, right, (text, part) => text.startsWith(part)),
  endsWith: (left, right) => texts(left, right, (text, part) => text.endsWith(part)),
  '+': (left, right) => arithmetic('+', left, right),
  '-': (left, right) => arithmetic('-', left, right),
  '*': (left, right) => arithmetic('*', left, right),
  '/': (left, right) => arithmetic('/', left, right),
  '%': (left, right) => arithmetic('%', left, right),
};

export function member(value: Value, key: Value): Value {
  if (Array.isArray(value) && typeof key === 'number') return (value as AnyValue[]).at(key);
  if (!isMap(value) || typeof key !== 'string') return undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

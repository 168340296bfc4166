import { valueType } from '@millrace/core';
import { expect, test } from 'vitest';
import { add, isFiniteValue, isLater, subtract } from './exact.ts';

const max = Number.MAX_SAFE_INTEGER;

test.each([
  [1, 2, 3],
  [2 ** 52, 2 ** 52, 2n ** 53n],
  [0.5, 0.25, 0.75],
  [max, 1, 2n ** 53n],
  [-max, -1, -(2n ** 53n)],
  [2n ** 60n, 1, 2n ** 60n + 1n],
  [2n ** 53n, -1, max],
  [2n ** 60n, 0.5, 2 ** 60],
])('%d + %d = %d', (a, b, want) => {
  expect(add(a, b, valueType.int)).toBe(want);
  expect(add(b, a, valueType.int)).toBe(want);
});

test('a sum of doubles stays one, however large', () => {
  expect(add(2 ** 52, 2 ** 52, valueType.double)).toBe(2 ** 53);
  expect(add(1e300, 1e300, valueType.double)).toBe(2e300);
});

test.each([
  [3, 2, 1],
  [2n ** 60n, 2n ** 60n - 5n, 5],
  [2n ** 60n, 1, 2n ** 60n - 1n],
])('%d - %d = %d', (a, b, want) => expect(subtract(a, b)).toBe(want));

test.each([
  [1, true],
  [1n, true],
  [Number.NaN, false],
  [Number.POSITIVE_INFINITY, false],
  [undefined, false],
])('%s is a finite value: %s', (value, want) => expect(isFiniteValue(value)).toBe(want));

test.each([
  [[2, 0], [1, 9], true],
  [[1, 9], [1, 8], true],
  [[1, 8], [1, 8], false],
  [[0, 9], [1, 0], false],
] as const)('%j is later than %j: %s', (a, b, want) => expect(isLater(a, b)).toBe(want));

import { expect, it } from 'vitest';
import { addExact, subtractExact } from './integer.ts';

const most = Number.MAX_SAFE_INTEGER;

it.each<[a: number | bigint, b: number | bigint, sum: number | bigint]>([
  [1, 2, 3],
  [0.5, 0.25, 0.75],
  [most, 1, 2n ** 53n],
  [-most, -2, -(2n ** 53n) - 1n],
  [2n ** 60n, 1, 2n ** 60n + 1n],
  [2n ** 53n, -1, most],
  [2n ** 53n, -2n, most - 1],
  [2n ** 60n, 0.5, 2 ** 60],
  [2n ** 53n, -0.5, 2 ** 53 - 0.5],
  [1e300, 1, 1e300],
  [1e300, 1e300, 2e300],
  [Number.NaN, 1, Number.NaN],
  [Number.NaN, 2n ** 60n, Number.NaN],
  [Number.POSITIVE_INFINITY, 1n, Number.POSITIVE_INFINITY],
])('%s + %s is %s', (a, b, sum) => {
  expect(addExact(a, b)).toBe(sum);
  expect(addExact(b, a)).toBe(sum);
  expect(subtractExact(a, -b)).toBe(sum);
});

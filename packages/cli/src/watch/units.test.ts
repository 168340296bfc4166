import { expect, it } from 'vitest';
import { age, bytes, count, inUnit, percent, seconds, signedSeconds, type Value } from './units.ts';

const cases: readonly [format: (value: Value) => string, value: Value, expected: string][] = [
  [bytes, 0, '0 B'],
  [bytes, 1023, '1023 B'],
  [bytes, 1024, '1.0 KiB'],
  [bytes, 1024 ** 2 - 1, '1.0 MiB'],
  [bytes, 150 * 1024 ** 3, '150 GiB'],
  [bytes, 2n ** 63n - 1n, '8.0 EiB'],
  [count, 0, '0'],
  [count, 9999, '9999'],
  [count, 12_345, '12.3k'],
  [count, 999_999, '1.0M'],
  [count, -12_345, '-12.3k'],
  [count, 0.5, '0.50'],
  [count, 0.0012, '0.0012'],
  [count, 1234.5, '1235'],
  [percent, 0.4215, '42.1%'],
  [percent, 0, '0.0%'],
  [seconds, 0, '0 s'],
  [seconds, 0.0123, '12.3 ms'],
  [seconds, 0.000_123, '123 µs'],
  [seconds, 0.000_000_005, '5 ns'],
  [seconds, 0.999_9, '1.00 s'],
  [seconds, 90, '90 s'],
  [seconds, 600, '10m'],
  [signedSeconds, 0.0012, '+1.20 ms'],
  [signedSeconds, -0.0012, '-1.20 ms'],
  [signedSeconds, 0, '0 s'],
  [age, 0, '0s'],
  [age, 59.6, '1m'],
  [age, 3725, '1h 2m'],
  [age, 86_400, '1d'],
  [age, 86_400 * 3 + 5, '3d'],
  [age, -3, '0s'],
];

it.each(cases)('%o of %s is %s', (format, value, expected) => expect(format(value)).toBe(expected));

it.each([bytes, count, percent, seconds, signedSeconds, age])('%o of what is not known is –', (format) => {
  expect([format(undefined), format(Number.NaN)]).toEqual(['–', '–']);
});

it.each([
  [2048, 'By', '2.0 KiB'],
  [2048, 'By/s', '2.0 KiB/s'],
  [0.25, 's', '250 ms'],
  [1500, 'ms', '1.50 s'],
  [42.5, '%', '42.5%'],
  [7, '{range}', '7'],
  [7, '{query}/s', '7/s'],
  [undefined, 'By/s', '–'],
] as const)('%s in %s is %s', (value, unit, expected) => expect(inUnit(value, unit)).toBe(expected));

import { expect, it } from 'vitest';
import { createReader, type sizes } from './decimal.ts';

it.each<[string, number | keyof typeof sizes, 'int' | 'double', number | bigint | RegExp]>([
  ['0', 1, 'int', 0],
  ['007', 1, 'int', 7],
  ['-5', 1, 'int', -5],
  ['+5', 1, 'double', 5],
  ['9007199254740993', 1, 'int', 9007199254740993n],
  ['-9223372036854775808', 1, 'int', -9223372036854775808n],
  ['9223372036854775808', 1, 'int', /beyond 64 bits/],
  ['18446744073709551615', 1, 'double', 18446744073709552000],
  ['1.5', 'MiB', 'int', 1572864],
  ['0.1', 1000, 'int', 100],
  ['0.07', 100, 'double', 7],
  ['0.1', 'MiB', 'int', /no whole number/],
  ['0.1', 'MiB', 'double', 104857.6],
  ['66856', 'KiB', 'int', 68460544],
  ['1250', 0.001, 'double', 1.25],
  ['3', 1e-9, 'double', 3e-9],
  ['1e3', 1, 'int', 1000],
  ['1.25E2', 1, 'int', 125],
  ['.5', 2, 'int', 1],
  ['5.', 1, 'int', 5],
  ['1e-3', 1, 'int', /no whole number/],
  ['1e999', 1, 'double', /too large/],
  ['1e999', 1, 'int', /beyond 64 bits/],
  ['1e9999', 1, 'int', /no number/],
  ['0x10', 1, 'int', /no number/],
  ['1,000', 1, 'int', /no number/],
  ['Infinity', 1, 'double', /no number/],
  [' 1', 1, 'int', /no number/],
  ['', 1, 'int', /no number/],
  ['9'.repeat(100_000), 1, 'double', /^"9{79}…" is no number/],
])('%s by %s as %s', (text, scale, valueType, want) => {
  const read = createReader(scale, valueType);
  if (want instanceof RegExp) expect(() => read(text)).toThrow(want);
  else expect(read(text)).toBe(want);
});

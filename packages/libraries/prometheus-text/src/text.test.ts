import { describe, expect, test } from 'vitest';
import { escapeHelp, escapeQuoted, floatText, numberText, secondsText } from './text.ts';

describe('numbers', () => {
  test.each([
    [0, '0', '0.0'],
    [-0, '-0', '-0.0'],
    [1, '1', '1.0'],
    [0.1 + 0.2, '0.30000000000000004', '0.30000000000000004'],
    [1e21, '1e+21', '1e+21'],
    [5e-324, '5e-324', '5e-324'],
    [NaN, 'NaN', 'NaN'],
    [Infinity, '+Inf', '+Inf'],
    [-Infinity, '-Inf', '-Inf'],
  ])('%s → %s and as a float %s', (value, want, wantFloat) => {
    expect(numberText(value)).toBe(want);
    expect(floatText(value)).toBe(wantFloat);
  });

  test('a bigint is printed digit by digit', () => {
    expect(numberText(18446744073709551615n)).toBe('18446744073709551615');
    expect(numberText(0n)).toBe('0');
  });

  test('a time in seconds keeps its leading zeros', () => expect(secondsText([12, 7_900_000])).toBe('12.007'));
});

test.each([
  ['plain', 'plain', 'plain'],
  ['"\\\n', '\\"\\\\\\n', '"\\\\\\n'],
  ['a\0b', 'a\ufffdb', 'a\ufffdb'],
  ['\ud800x🦀', '\ufffdx🦀', '\ufffdx🦀'],
])('case %# is escaped in quotes and in a help text', (text, quoted, help) => {
  expect(escapeQuoted(text)).toBe(quoted);
  expect(escapeHelp(text)).toBe(help);
});

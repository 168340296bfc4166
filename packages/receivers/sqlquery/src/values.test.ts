import type { Value } from '@millrace/sql';
import { expect, it } from 'vitest';
import { severityOf } from './severity.ts';
import { toAny, toDouble, toInt, toText, toTime } from './values.ts';

type Known = Exclude<Value, null>;

it.each<[Known, number | bigint | string]>([
  [5, 5],
  [-0, -0],
  [2, 2],
  [1.5, '"1.5" is no whole number; value_type: double takes it'],
  [9007199254740993n, 9007199254740993n],
  ['12', 12],
  ['12.00', 12],
  ['+7', 7],
  ['12.5', '"12.5" is no whole number'],
  ['9007199254740993', 9007199254740993n],
  ['9223372036854775808', '9223372036854775808 is beyond 64 bits'],
  [1e300, 'is beyond 64 bits'],
  [true, 1],
  ['', '"" is no number'],
  ['twelve', '"twelve" is no number'],
  ['0x10', '"0x10" is no number'],
  ['1e3', 'is no whole number'],
  [NaN, '"NaN" is no whole number'],
  [new Uint8Array([1]), '1 bytes is no number'],
  ['x'.repeat(1000), '…" is no number'],
])('makes an integer of %s: %s', (value, expected) => {
  if (typeof expected === 'string') expect(() => toInt(value)).toThrow(expected);
  else expect(toInt(value)).toBe(expected);
});

it.each<[Known, number | string]>([
  [0.1, 0.1],
  ['0.1', 0.1],
  ['1e3', 1000],
  ['.5', 0.5],
  [2n ** 60n, 2 ** 60],
  [false, 0],
  [NaN, 'NaN is no finite number'],
  ['NaN', '"NaN" is no number'],
  ['1,5', '"1,5" is no number'],
  ['1e999', 'Infinity is no finite number'],
])('makes a double of %s: %s', (value, expected) => {
  if (typeof expected === 'string') expect(() => toDouble(value)).toThrow(expected);
  else expect(toDouble(value)).toBe(expected);
});

it.each<[Known, readonly [number, number] | string]>([
  ['2026-01-31T12:00:00.000000001Z', [1769860800, 1]],
  [1769860800000000001n, [1769860800, 1]],
  ['1769860800000000001', [1769860800, 1]],
  ['noon', '"noon" is no time'],
])('makes a time of %s', (value, expected) => {
  if (typeof expected === 'string') expect(() => toTime(value)).toThrow(expected);
  else expect(toTime(value)).toEqual(expected);
});

it('makes attributes: texts, or values with their types', () => {
  expect([1, 2n, true, 'x', new Uint8Array([255])].map(toText)).toEqual(['1', '2', 'true', 'x', 'ff']);
  const any = (value: Value, kind: 'json' | 'any') => toAny(value, { name: 'a', kind });
  expect([
    any('{"a":[1]}', 'json'),
    any('{', 'json'),
    any('1', 'any'),
    any(Infinity, 'any'),
    any(2n ** 70n, 'any'),
  ]).toEqual([{ a: [1] }, '{', '1', 'Infinity', String(2n ** 70n)]);
});

it.each([
  ['ERROR', { severityNumber: 17, severityText: 'ERROR' }],
  ['warning', { severityNumber: 13, severityText: 'warning' }],
  ['9', { severityNumber: 9 }],
  ['99', { severityText: '99' }],
  ['odd', { severityText: 'odd' }],
])('reads the severity %s', (text, expected) => {
  expect(severityOf(text)).toEqual(expected);
});

import { expect, it } from 'vitest';
import { jsonText, valueText } from './any-value.ts';
import type { AnyValue } from './common.ts';

it.each<[value: AnyValue | undefined, text: string, json: string]>([
  ['', '', '""'],
  ['a "b"\n', 'a "b"\n', String.raw`"a \"b\"\n"`],
  ['Ä🦀\ud800', 'Ä🦀\ud800', String.raw`"Ä🦀\ud800"`],
  ['\0\x1f\x7f', '\0\x1f\x7f', '"\\u0000\\u001f\x7f"'],
  [true, 'true', 'true'],
  [1.5, '1.5', '1.5'],
  [1e21, '1e+21', '1e+21'],
  [-0, '-0', '-0'],
  [Number.NaN, 'NaN', '"NaN"'],
  [Number.NEGATIVE_INFINITY, '-Infinity', '"-Infinity"'],
  [2n ** 63n, '9223372036854775808', '9223372036854775808'],
  [null, '', 'null'],
  [undefined, '', 'null'],
  [new Uint8Array([1, 2, 255]), 'AQL/', '"AQL/"'],
  [new Uint8Array(), '', '""'],
])('%o is %j, and %j in JSON', (value, text, json) => {
  expect(valueText(value)).toBe(text);
  expect(jsonText(value)).toBe(json);
});

it.each<[value: AnyValue, text: string]>([
  [[], '[]'],
  [{}, '{}'],
  [['a', 1, null, 2n ** 60n, new Uint8Array([1]), [Number.NaN]], '["a",1,null,1152921504606846976,"AQ==",["NaN"]]'],
  [{ z: 1, a: { c: 'q"', b: [] } }, '{"a":{"b":[],"c":"q\\""},"z":1}'],
  [{ b: { '2': 1, '10': 2 }, 'a"': null }, '{"a\\"":null,"b":{"10":2,"2":1}}'],
])('%o is %s', (value, text) => {
  expect(valueText(value)).toBe(text);
  expect(jsonText(value)).toBe(text);
});

it('a map without the members that are undefined', () => {
  expect(jsonText({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}');
});

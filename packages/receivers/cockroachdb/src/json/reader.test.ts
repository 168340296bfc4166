import { describe, expect, it } from 'vitest';
import { createJsonReader } from './reader.ts';
import { floatOf, wholeOf } from './scalars.ts';
import { each, type Json, members, type Shape, value } from './shape.ts';

function read(text: string, shape: Shape, chunkBytes = 1 << 20): Json | undefined {
  const reader = createJsonReader(shape);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  return reader.end();
}

/** All of the text, as JSON.parse would have it, down to a depth. */
const anything = (text: string): Shape => {
  const shapeOf = (json: unknown): Shape =>
    Array.isArray(json)
      ? each(shapeOf(json[0]))
      : typeof json === 'object' && json !== null
        ? members(Object.fromEntries(Object.entries(json).map(([key, one]) => [key, shapeOf(one)])))
        : value;
  return shapeOf(JSON.parse(text));
};

const texts = [
  '{}',
  '[]',
  ' [ 1 , -2.5e-3 , 0 ] ',
  '{"a": {"b": [true, false, null]}, "c": "\\u00e9\\"\\\\\\n"}',
  '{"name": "Zürich 🪳", "": 1, "a": ""}',
  '[[1, 2], [3], []]',
  '42',
  '"text"',
];

describe('a JSON text that comes in pieces', () => {
  it.each(texts)('%s is what JSON.parse makes of it, wherever it is cut', (text) => {
    for (let bytes = 1; bytes <= Math.min(text.length, 12); bytes++)
      expect(JSON.parse(JSON.stringify(read(text, anything(text), bytes)))).toEqual(JSON.parse(text));
  });

  it('keeps only what the shape names', () => {
    const text = '{"skip": {"deep": [1, "}", {"x": "\\""}]}, "keep": 1, "list": [{"id": 7, "no": "…"}, {"no": 1}]}';
    for (const bytes of [1, 3, 1000])
      expect(read(text, members({ keep: value, list: each(members({ id: value })) }), bytes)).toEqual({
        keep: 1,
        list: [{ id: 7 }, {}],
      });
  });

  it('leaves out what is of another kind than the shape says', () => {
    const shape = members({ a: value, b: each(value), c: members({ d: value }) });
    expect(read('{"a": [1], "b": 2, "c": "text"}', shape)).toEqual({});
  });

  it('reads whole numbers exactly, and `__proto__` as a key', () => {
    const text = '{"a": 9007199254740993, "b": -9223372036854775808, "c": 9007199254740992.0, "__proto__": 5}';
    const json = read(text, each(value)) as Record<string, Json>;
    expect(json['a']).toBe(9007199254740993n);
    expect(json['b']).toBe(-9223372036854775808n);
    expect(json['c']).toBe(9007199254740992);
    expect(Object.entries(json)).toHaveLength(4);
  });

  it('passes over a string that is too long to keep', () => {
    const long = 'x'.repeat(70_000);
    for (const bytes of [1000, 1 << 20])
      expect(read(JSON.stringify({ a: long, [long]: 1, b: 2 }), members({ a: value, b: value }), bytes)).toEqual({
        b: 2,
      });
  });

  it.each([
    ['<html></html>', /Found "<" where a value is expected at byte 0/],
    ['', /ends after 0 bytes, where a value is expected/],
    ['{"a": 1', /ends after 7 bytes, where , or the end is expected/],
    ['{"a": "b', /ends after 8 bytes/],
    ['{"a" 1}', /Found "1" where : is expected at byte 5/],
    ['{"a": 1,}', /Found "}" where a key is expected/],
    ['[1 2]', /Found "2" where , or the end is expected/],
    ['[1}', /Found "}"/],
    ['1 1', /where nothing is expected/],
    ['[01]', /"01" is not a value of JSON/],
    ['[nul]', /"nul" is not a value/],
    ['["\\x"]', /escape/],
  ])('refuses %s', (text, message) => {
    for (const bytes of [1, 1000]) expect(() => read(text, each(value), bytes)).toThrow(message);
  });
});

describe('what nobody wants', () => {
  const shape = members({ keep: value });

  it.each([
    '{"a": {"b": [1, {"c": "}]\\"{"}]}, "keep": 1}',
    '{"a": "\\\\", "keep": 1}',
    '{"a": [[], {}], "keep": 1, "z": null}',
  ])('is passed over, wherever it is cut: %s', (text) => {
    for (let bytes = 1; bytes < text.length; bytes++) expect(read(text, shape, bytes)).toEqual({ keep: 1 });
  });

  it.each(['{"a": [1', '{"a": "b', '{"a": tr', '{"a": {"b": "}"}'])('has to end: %s', (text) => {
    for (const bytes of [1, 1000]) expect(() => read(text, shape, bytes)).toThrow(/ends after/);
  });

  it('is the only thing that may be nested without an end', () => {
    const deep = Array.from({ length: 70 }).reduce<Shape>((of) => each(of), value);
    expect(() => read('['.repeat(70), deep)).toThrow(/nesting is deeper than 64/);
    const text = `{"a": ${'['.repeat(5000)}${']'.repeat(5000)}, "keep": 1}`;
    expect(read(text, shape)).toEqual({ keep: 1 });
  });

  it('has names that look alike', () => {
    const names = ['AaAa', 'BBBB', 'AaBB', 'BBAa'];
    const alike = members(Object.fromEntries(names.slice(0, 2).map((name) => [name, value])));
    const text = JSON.stringify(Object.fromEntries(names.map((name, index) => [name, index])));
    expect(read(text, alike)).toEqual({ AaAa: 0, BBBB: 1 });
    expect(read('{"\\u0041aAa": 5}', alike)).toEqual({ AaAa: 5 });
  });
});

describe('numbers', () => {
  it.each([
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', undefined],
    ['12', 12],
    ['12.0', 12],
    [12.4, 12],
    [1e300, undefined],
    [2 ** 60, 2n ** 60n],
    [9007199254740993n, 9007199254740993n],
    ['', undefined],
    ['NaN', undefined],
    ['text', undefined],
    [null, undefined],
    [true, undefined],
    [undefined, undefined],
  ] as const)('the whole number of %s is %s', (json, whole) => expect(wholeOf(json)).toBe(whole));

  it.each([
    ['1.5', 1.5],
    [1.5, 1.5],
    [3n, 3],
    ['', undefined],
    ['Infinity', undefined],
    [null, undefined],
  ] as const)('the number of %s is %s', (json, number) => expect(floatOf(json)).toBe(number));
});

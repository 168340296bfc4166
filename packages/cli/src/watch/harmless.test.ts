import { expect, it } from 'vitest';
import { cells } from '../screen.ts';
import { harmless, harmlessJson } from './harmless.ts';

it.each([
  ['roachy', 'roachy'],
  ['évil\x1b[2J\x1b]0;title\x07', 'évil?[2J?]0;title?'],
  ['two\nlines\r\nand\ttabs', 'two lines and tabs'],
  ['right\u202eto left\u2066', 'right?to left?'],
  ['C1 \u009b31m', 'C1 ?31m'],
  ['half \ud800 a letter', 'half ? a letter'],
  ['Z\u0300\u0301\u0316\u0317a', 'Za'],
  ['表と🪨', '表と🪨'],
  ['line\u2028end', 'line end'],
])('%j is shown as %j', (text, expected) => expect(harmless(text)).toBe(expected));

it('is bounded, and whole letters', () => {
  expect(harmless('x'.repeat(1000), 10)).toBe('xxxxxxxxx…');
  expect(harmless('🪨'.repeat(1000), 10).isWellFormed()).toBe(true);
  expect(cells(harmless('\u0301'.repeat(1000)))).toBe(0);
});

it('keeps the value of a JSON text', () => {
  const json = '{\n "a": "\u009b31m\u2028\u007f\\u001b"\r\n}';
  const line = harmlessJson(json);
  expect(line).toBe('{  "a": "\\u009b31m\\u2028\\u007f\\u001b"  }');
  expect(JSON.parse(line)).toEqual(JSON.parse(json));
});

import { describe, expect, it } from 'vitest';
import { compileRe2 } from './index.ts';
import { expand, readTemplate } from './template.ts';

// Thousands more are compared with Prometheus's own, where there is Go: ../relabel/oracle.test.ts
it.each([
  ['a.b', 'a\nb', true],
  ['a', 'ab', false],
  ['a|b', 'b', true],
  ['(?i)foo|BAR', 'bar', true],
  ['x(?i:fOo)y', 'xFoOy', true],
  ['x(?i:foo)y', 'Xfooy', false],
  ['(?-s)a.b', 'a\nb', false],
  ['(?m)a$\\n^b', 'a\nb', true],
  ['[[:alpha:]_]+', 'a_b', true],
  ['[^[:^digit:]]+', '12', true],
  ['\\s', '\v', false],
  ['\\w+', 'é', false],
  ['\\pL+', 'éa', true],
  ['\\p{Greek}', 'Σ', true],
  ['\\Qa.b\\E', 'a.b', true],
  ['\\Qa.b\\E', 'axb', false],
  ['a{,2}', 'a{,2}', true],
  ['[]a]+', ']a', true],
  ['\\x{1F600}', '😀', true],
  ['.', '😀', true],
  ['\\101', 'A', true],
  ['\\-_/#', '-_/#', true],
])('%s on %j', (pattern, text, matches) => {
  expect(compileRe2(pattern).test(text)).toBe(matches);
});

it('prefers what is shorter where it is told to', () => {
  expect(compileRe2('(a+?)(a*)').exec('aaa')?.slice(1)).toEqual(['a', 'aa']);
  expect(compileRe2('(?U)(a+)(a*)').exec('aaa')?.slice(1)).toEqual(['a', 'aa']);
});

describe('refuses what RE2 does not have, and says what that is', () => {
  it.each([
    ['(?=a)', '"(?=a" is not of RE2'],
    ['(?<!a)', '"(?<!" is not of RE2'],
    ['(a)\\1', '\\1 refers back'],
    ['\\q', '\\q is no escape of RE2'],
    ['(', 'a "(" is not closed'],
    [')', 'a ")" is not opened'],
    ['[a', 'a "[" is not closed'],
    ['[b-a]', '"b-a" is no range'],
    ['[[:word', 'a "[" is not closed'],
    ['[[:nope:]]', 'there is no class [:nope:]'],
    ['\\p{Nope}', 'there is no property Nope'],
    ['a**', 'nothing to repeat'],
    ['a{1001}', '{1001} is too often'],
    ['(?P<a>x)(?P<a>y)', 'two groups are named a'],
    ['\\', 'it ends in a backslash'],
  ])('%s', (pattern, message) => {
    expect(() => compileRe2(pattern)).toThrow(message);
  });
});

it.each([
  ['$1-${2}', 'a-b'],
  ['$host:${port}', 'a:b'],
  ['$1x', ''],
  ['${1}x', 'ax'],
  ['$$1', '$1'],
  ['$', '$'],
  ['${', '${'],
  ['$9', ''],
  ['${nobody}', ''],
  ['$0', 'a;b'],
])('writes %s', (template, text) => {
  const regex = compileRe2('(?P<host>.*);(?<port>.*)');
  expect(expand(readTemplate(template), regex.exec('a;b')!, regex.names)).toBe(text);
});

import { describe, expect, it } from 'vitest';
import { compileRegex } from './regex.ts';
import { expand, readTemplate } from './template.ts';

// Thousands more are compared with Prometheus's own, where there is Go: oracle.test.ts
it.each([
  ['a.b', 'a\nb', true],
  ['a', 'ab', false],
  ['a|b', 'b', true],
  ['a|b', 'ab', false],
  ['(?i)foo|BAR', 'bar', true],
  ['x(?i:foo)y', 'Xfooy', false],
  ['(?-s)a.b', 'a\nb', false],
  ['(?m)a$\\n^b', 'a\nb', true],
  ['[^[:^digit:]]+', '12', true],
  ['\\s', '\v', false],
  ['\\w+', 'é', false],
  ['\\p{Greek}', 'Σ', true],
  ['\\Qa.b\\E', 'axb', false],
  ['a{,2}', 'a{,2}', true],
  ['.', '😀', true],
  ['.+', '\ud83d\n😀', true],
  ['(?U)(a+)(a*)', 'aaa', true],
])('%s on %j', (pattern, text, matches) => {
  expect(compileRegex(pattern).test(text)).toBe(matches);
});

describe('refuses what RE2 does not have, and says what that is', () => {
  it.each([
    ['(?=a)', 'invalid or unsupported Perl syntax, (?='],
    ['(a)\\1', 'invalid escape sequence, \\1'],
    ['(', 'missing closing )'],
    [')(', 'unexpected )'],
    ['[b-a]', 'invalid character class range, b-a'],
    ['[[:nope:]]', 'invalid character class range, [:nope:]'],
    ['a**', 'invalid nested repetition operator, **'],
    ['.*+', 'invalid nested repetition operator, *+'],
    ['a{1001}', 'invalid repeat count, {1001}'],
    ['(?P<a>x)(?P<a>y)', 'duplicate capture group name, a'],
    ['\\', 'trailing backslash at end of expression'],
  ])('%s', (pattern, message) => {
    expect(() => compileRegex(pattern)).toThrow(new SyntaxError(message));
  });
});

it('takes time in proportion to the text, where a RegExp would never end', () => {
  const text = `${'a'.repeat(100_000)}!`;
  for (const pattern of ['(a+)+', '(a|aa)+', '(?:(a*)*)*b', '(.*)(.*)(.*)(.*)x', 'a|(?:.*a)+', '(a|b)(.*)b|(.*)x']) {
    expect(compileRegex(pattern).test(text)).toBe(false);
    expect(compileRegex(pattern).exec(text)).toBeUndefined();
  }
  expect(compileRegex('((a+)+)(.)').exec(text)?.slice(2)).toEqual(['a'.repeat(100_000), '!']);
});

it('answers the same again, for more texts than it remembers', () => {
  const regex = compileRegex('(a|b)(\\d*5)?');
  for (let round = 0; round < 2; round++)
    for (let index = 0; index < 2_500; index++) {
      const matches = index % 10 === 5;
      expect(regex.test(`b${index}`)).toBe(matches);
      expect(regex.exec(`b${index}`)).toEqual(matches ? [`b${index}`, 'b', String(index)] : undefined);
      expect(regex.exec('a')).toEqual(['a', 'a', null]);
    }
});

it('matches everything by default', () => {
  const all = compileRegex('(.*)');
  for (const text of ['', 'a\nb', '\ud83d']) {
    expect(all.exec(text)).toEqual(compileRegex('((?:.*))').exec(text));
    expect(all.test(text)).toBe(true);
  }
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
  const regex = compileRegex('(?P<host>.*);(?<port>.*)');
  expect(expand(readTemplate(template), regex.exec('a;b')!, regex.names)).toBe(text);
});

import { expect, it } from 'vitest';
import { ProfileError } from './error.ts';
import { compilePattern, compileWholePattern } from './pattern.ts';

it.each([
  ['resdb::', 'a resdb::b', true],
  ['^a+$', 'aaaa', true],
  ['^a+$', 'aab', false],
  ['(?i)HELLO', 'say hello', true],
  ['(?i:H)ello', 'hello', true],
  ['(?i:H)ello', 'HELLO', false],
  ['a|b', 'c', false],
  ['', 'x', true],
  ['x*', '', true],
  ['[[:alpha:]]+\\d', 'x1', true],
  ['[^[:^digit:]]', 'x', false],
  ['[^a-c]', 'abc', false],
  ['[]a-]', '-', true],
  ['\\bfoo\\b', 'a foo b', true],
  ['\\bfoo\\b', 'afoo', false],
  ['o\\Bo', 'foo', true],
  ['a{2,3}$', 'caaa', true],
  ['^a{2}$', 'aaa', false],
  ['^a{2,}$', 'aaaa', true],
  ['a{,2}', 'a{,2}', true],
  ['a{3', 'a{3', true],
  ['a+?b', 'aab', true],
  ['(?P<name>go)+', 'gogo', true],
  ['\\Qa.b\\E', 'a.b', true],
  ['\\Qa.b\\E', 'axb', false],
  ['\\x41\\x{1F600}', 'A😀', true],
  ['^.$', '😀', true],
  ['\\pL\\p{Greek}', 'aλ', true],
  ['\\PL', 'a', false],
  ['a.b', 'a\nb', false],
  ['(?s)a.b', 'a\nb', true],
  ['^b$', 'a\nb', false],
  ['(?m)^b$', 'a\nb', true],
  ['\\Aab\\z', 'ab', true],
  ['operator\\(\\)|\\*gcBg', 'runtime.(*gcBgMarkWorker)', true],
])('%s in %j: %s', (pattern, text, expected) => {
  expect(compilePattern(pattern)(text)).toBe(expected);
});

it.each([
  ['(', 'The pattern "(" is wrong: missing closing ).'],
  ['a)', 'unexpected )'],
  ['[a', 'missing closing ]'],
  ['[b-a]', 'invalid character class range, "b-a"'],
  ['*', 'The pattern "*" is wrong: missing argument to repetition operator.'],
  ['a{3,2}', 'invalid repeat count, "{3,2}"'],
  ['a{1001}', 'invalid repeat count, "{1001}"'],
  ['(?=a)', 'invalid or unsupported Perl syntax, "(?="'],
  ['a\\1', 'invalid escape sequence, "\\\\1"'],
  ['\\', 'trailing backslash at end of expression'],
  ['[[:foo:]]', 'invalid character class range, "[:foo:]"'],
  ['a\\p{Foo}', 'invalid character class range, "\\\\p{Foo}"'],
  ['((a{1000}){1000}){1000}', 'too large'],
  ['(((a{10}bc){10}cd){10}de){10}', 'invalid repeat count'],
  ['(?:(?:(?:abcdefghijklmnopqrst){10}){10}){10}', 'too large'],
])('refuses %s', (pattern, message) => {
  expect(() => compilePattern(pattern)).toThrow(ProfileError);
  expect(() => compilePattern(pattern)).toThrow(message);
});

it.each([
  ['many instructions', 'x?'.repeat(10_000), 'too large'],
  ['many characters', 'x'.repeat(20_001), 'too large'],
  ['many groups in another', '('.repeat(2_000) + ')'.repeat(2_000), 'expression nests too deeply'],
  ['many groups that are open', '('.repeat(20_000), 'missing closing )'],
])('refuses %s', (_what, pattern, message) => {
  expect(() => compilePattern(pattern)).toThrow(ProfileError);
  expect(() => compilePattern(pattern)).toThrow(message);
});

it('takes time in proportion to the text, where a RegExp would never end', () => {
  const text = `${'a'.repeat(20_000)}!`;
  for (const pattern of ['^(a+)+$', '^(a|aa)+$', '^(a|a)*$', '(.*)(.*)(.*)(.*)x'])
    expect(compilePattern(pattern)(text)).toBe(false);
});

it('does not go on with a pattern so large that linear time is long', () => {
  const matches = compilePattern(`[ab]*a${'.'.repeat(4_000)}[cd]`);
  let state = 1;
  const chance = (): string => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) & 65_536 ? 'a' : 'b');
  const text = (): string => Array.from({ length: 4_000 }, chance).join('');
  const began = performance.now();
  expect(() => {
    for (let count = 0; count < 1_000; count++) matches(text());
  }).toThrow(new ProfileError('A pattern takes too long to match.'));
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(() => compilePattern('[ab]{100}')('b'.repeat(2 ** 20))).toThrow('too long to match');
}, 60_000);

it('matches the whole text where it is asked to', () => {
  const matches = compileWholePattern('a|bc');
  expect([matches('a'), matches('bc'), matches('ab'), matches('xbc')]).toEqual([true, true, false, false]);
});

it('takes a RegExp as it is, without its state', () => {
  const matches = compilePattern(/(?<=x)A/gi);
  expect([matches('xa'), matches('xa'), matches('a')]).toEqual([true, true, false]);
});

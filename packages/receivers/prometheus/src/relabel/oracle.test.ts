import { resolveConfig } from '@millrace/core';
import { type Random, seeded } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { askOracle, hasOracle, type RelabelCase, type RelabelResult } from '../testdata/relabel-oracle.ts';
import { checkRule } from './check.ts';
import { compileRules } from './rule.ts';
import { actions, type RelabelConfig, relabelSchema } from './schema.ts';

const hasPrometheus = hasOracle();
if (!hasPrometheus)
  console.warn('SKIPPED: relabelling is not compared with Prometheus, because its program cannot be built here.');

function relabel({ rules, labels }: RelabelCase): RelabelResult {
  const configs = rules.map((rule) => resolveConfig(relabelSchema, rule) as RelabelConfig);
  const problems = configs.flatMap((config) => checkRule(config, 'utf8'));
  if (problems.length > 0) return { error: problems.map(({ message }) => message).join(), kept: false };
  const changed = new Map(Object.entries(labels));
  return compileRules(configs, 'utf8')(changed)
    ? { kept: true, ...(changed.size > 0 && { labels: Object.fromEntries(changed) }) }
    : { kept: false };
}

/** That there is an error counts, not its words. */
const comparable = ({ error, ...rest }: RelabelResult): object => (error === undefined ? rest : { isWrong: true });

function compare(cases: readonly RelabelCase[]): void {
  const wanted = askOracle(cases);
  const wrong = cases.flatMap((one, index) => {
    const ours = relabel(one);
    const same = JSON.stringify(sorted(comparable(ours))) === JSON.stringify(sorted(comparable(wanted[index]!)));
    return same ? [] : [{ case: one, ours, prometheus: wanted[index] }];
  });
  expect(wrong.slice(0, 5).map((one) => JSON.stringify(one))).toEqual([]);
}

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, item]) => [key, sorted(item)]),
      )
    : value;

const values = [
  '',
  'a',
  'ab',
  'b',
  'foo',
  'FOO',
  'foo-bar',
  'foo.bar:9090',
  '10.0.0.1:80',
  'x\ny',
  'é',
  'Éa',
  'ß',
  'İ',
  'ΑΣ',
  'a;b',
  '$1',
  '😀',
  ' ',
  'a1_b2',
  '12',
  'ǅ',
  'ŉ',
  'ﬁ',
];
const patterns = [
  '',
  '(.*)',
  '.*',
  '.+',
  'a',
  'a|b',
  '(a)|(b)',
  '(?i)FOO',
  'f(?i:OO)',
  '(?i)[a-f]OO',
  '(?i)é.*',
  'x(?i:[é-ü])',
  'x.y',
  '(?-s)x.y',
  '(?m)x$\\n^y',
  '([^:]+)(?::\\d+)?;?(.*)',
  '(?P<host>[^:]+):(?P<port>\\d+)',
  '(?<a>.)(?<b>.*)',
  '[[:alpha:]]+',
  '[^[:space:]]+',
  '\\w+',
  '\\W*',
  '\\S+',
  '\\pL+',
  '\\p{Greek}+',
  '\\PL+',
  '\\p{^Lu}*',
  '[\\d\\-.:]+',
  '\\Qfoo.bar\\E.*',
  '(a*)+',
  '(a|ab)(b?)',
  '(?U)(a+)(.*)',
  '(.+?)(.*)',
  'a{2}',
  'a{1,2}b',
  'a{,2}',
  '[a-',
  '(',
  ')',
  'a**',
  '\\1',
  '(?=a)',
  '\\q',
  'x{1001}',
  '\\x{1F600}',
  '\\x41',
  '\\a',
  '\\_',
  '\\-',
  'a-b',
  '{',
  '}',
  ']',
  '[]a]+',
  '[^]a]+',
  '[a-\\d]',
  '\\C',
  '\\z',
  '\\Aa\\z',
  '\\bfoo\\b.*',
  '__meta_(.+)',
  '__(.*)',
  '(.)(.)(.)?.*',
  '(?s).*',
  '(?i-s).+',
  '(?x)a',
  '\\101',
  '\\0',
  '\\8',
  '\\pZ',
  '\\p{Nope}',
  '$',
  '^',
  '^a$',
  '/',
  '#',
  '(?:)',
  '(a)(?:b|c)*',
  '\\u0041',
  '(?P<1a>a).*',
];
const templates = [
  '$1',
  '${1}',
  '$2',
  'x',
  '',
  '$$',
  '$$1',
  '${1}x',
  '$1x',
  '${host}',
  '$host',
  '${a}-${b}',
  '$',
  '${',
  '${}',
  'a$',
  '$é',
  '-$1-',
  '$0',
  '${port}:${host}',
  '$11',
];
const names = ['a', 'b', 'c', '__meta_x', '__meta_y', 'foo.bar', 'é', 'missing', '__name__'];

function randomRule(random: Random): object {
  const rule: Record<string, unknown> = {};
  const maybe = (key: string, chance: number, value: () => unknown): void => {
    if (random.chance(chance)) rule[key] = value();
  };
  maybe('action', 0.85, () => random.pick(actions));
  const action = rule['action'] ?? 'replace';
  const isByName = action === 'labeldrop' || action === 'labelkeep';
  const isEqual = action === 'keepequal' || action === 'dropequal';
  maybe('source_labels', isByName ? 0.03 : 0.9, () =>
    Array.from({ length: random.int(1, 4) }, () => random.pick(names)),
  );
  maybe('separator', isByName || isEqual ? 0.03 : 0.2, () => random.pick(['', '-', ';;', ':']));
  maybe('regex', isEqual ? 0.03 : 0.8, () => random.pick(patterns));
  maybe('modulus', action === 'hashmod' ? 0.95 : 0.02, () => random.pick([1, 2, 7, 4_294_967_296, 999_999_999_999]));
  maybe('target_label', isByName ? 0.03 : 0.95, () => random.pick([...names, '${1}', 'x_$1', '$2', '${host}']));
  // Which of two labels gets a name that both want is left open.
  if (action === 'labelmap') rule['replacement'] = random.pick(['m_$0', '${0}', '$0$$', 'm_${0}_', '', '_${0}']);
  else
    maybe('replacement', isByName || isEqual || String(action).endsWith('case') ? 0.03 : 0.6, () =>
      random.pick(templates),
    );
  return rule;
}

describe.skipIf(!hasPrometheus)('labels become what they become in Prometheus', () => {
  it('with each pattern on each value', () => {
    compare(
      patterns
        .flatMap((regex) =>
          values.map((a) => ({
            rules: [
              { source_labels: ['a', 'b'], regex, target_label: 'c', replacement: '$1|$2|${host}|$0' },
              { regex, action: 'labelmap', replacement: 'm_$0' },
            ],
            labels: { a, b: 'b', foo: 'x', __meta_x: 'y' },
          })),
        )
        .map((one) => ({ ...one, labels: withoutEmpty(one.labels) })),
    );
  }, 60_000);

  it('with each pattern on values that are long', () => {
    const long = ['a', 'ab', 'foo.bar:9090;', 'x\n'].map((value) => value.repeat(30_000 / value.length));
    compare(
      patterns.flatMap((regex) =>
        long.map((a) => ({
          rules: [{ source_labels: ['a'], regex, target_label: 'a', replacement: '$1|$2|${host}' }],
          labels: { a },
        })),
      ),
    );
  }, 60_000);

  it('with each letter in upper and in lower case', () => {
    // Latin, Greek and Cyrillic, without the two that got an upper case when Unicode 16 came.
    const letters = Array.from({ length: 0x530 }, (_, code) => code).filter(
      (code) => /^\p{L}$/u.test(String.fromCodePoint(code)) && code !== 0x19b && code !== 0x264,
    );
    const cases: RelabelCase[] = [];
    for (let at = 0; at < letters.length; at += 100)
      cases.push({
        rules: ['lowercase', 'uppercase'].map((action) => ({ action, source_labels: ['a'], target_label: action })),
        labels: { a: String.fromCodePoint(...letters.slice(at, at + 100)) },
      });
    compare(cases);
  }, 60_000);

  it.each([1, 2, 3, 4])(
    'with rules as chance makes them (%i)',
    (seed) => {
      const random = seeded(seed);
      compare(
        Array.from({ length: 5_000 }, () => ({
          rules: Array.from({ length: random.int(1, 4) }, () => randomRule(random)),
          labels: withoutEmpty(
            Object.fromEntries(names.slice(0, random.int(1, names.length)).map((name) => [name, random.pick(values)])),
          ),
        })),
      );
    },
    60_000,
  );
});

const withoutEmpty = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));

import { expect, it } from 'vitest';
import { attributeTags, boundText, scopeTags } from './tags.ts';

it('an attribute is a tag, an empty one is n/a', () => {
  expect(attributeTags({ a: 'b', c: '', d: undefined, e: null, 'Ä ö': 1 })).toEqual(['a:b', 'c:n/a', 'e:n/a', 'Ä ö:1']);
});

it('a scope is its name, its version and its attributes', () => {
  expect(scopeTags({ name: 'lib', version: '1.0', attributes: { a: 1 } })).toEqual([
    'instrumentation_scope:lib',
    'instrumentation_scope_version:1.0',
    'a:1',
  ]);
  expect(scopeTags({ name: '' })).toEqual(['instrumentation_scope:n/a', 'instrumentation_scope_version:n/a']);
});

it.each([
  [0, '0'],
  [-0, '0'],
  [1, '1.0'],
  [0.5, '0.5'],
  [-2.5, '-2.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [100_000, '100000.0'],
  [1_000_000, '1e+06.0'],
  [1_000_000.5, '1.0000005e+06'],
  [1e300, '1e+300.0'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
  [Number.NaN, 'nan'],
])('the bound %d is written %s', (bound, text) => {
  expect(boundText(bound)).toBe(text);
});

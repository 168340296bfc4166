import type { AnyValue, Attributes } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { type Action, checkActions, createActions } from './index.ts';

const change = (actions: readonly Action[], attributes: Attributes, metadata?: Record<string, string[]>) =>
  createActions(actions)(metadata)(attributes);

it.each<[string, Action[], Attributes, Attributes]>([
  ['insert sets what is not there', [{ action: 'insert', key: 'a', value: 1 }], { b: 2 }, { b: 2, a: 1 }],
  ['insert leaves what is there', [{ action: 'insert', key: 'a', value: 1 }], { a: 2 }, { a: 2 }],
  ['insert takes undefined for absent', [{ action: 'insert', key: 'a', value: 1 }], { a: undefined }, { a: 1 }],
  ['update leaves out what is not there', [{ action: 'update', key: 'a', value: 1 }], { b: 2 }, { b: 2 }],
  ['update sets what is there', [{ action: 'update', key: 'a', value: false }], { a: 2 }, { a: false }],
  ['upsert sets in any case', [{ action: 'upsert', key: 'a', value: ['x', 1] }], {}, { a: ['x', 1] }],
  [
    'from_attribute copies',
    [{ action: 'insert', key: 'a', from_attribute: 'b' }],
    { b: 2n ** 60n },
    { b: 2n ** 60n, a: 2n ** 60n },
  ],
  ['from_attribute that is absent', [{ action: 'upsert', key: 'a', from_attribute: 'b' }], { a: 1 }, { a: 1 }],
  ['default_value', [{ action: 'insert', key: 'a', from_attribute: 'b', default_value: 'd' }], {}, { a: 'd' }],
  ['delete by key', [{ action: 'delete', key: 'a' }], { a: 1, b: 2 }, { b: 2 }],
  ['delete by pattern', [{ action: 'delete', pattern: '^http\\.' }], { 'http.a': 1, 'x.http.b': 2 }, { 'x.http.b': 2 }],
  ['delete by key and pattern', [{ action: 'delete', key: 'a', pattern: 'b$' }], { a: 1, ab: 2, c: 3 }, { c: 3 }],
  [
    'extract',
    [{ action: 'extract', key: 'url', pattern: '^(?P<scheme>\\w+)://(?<host>[^/]+)' }],
    { url: 'http://a/b', host: 1 },
    { url: 'http://a/b', host: 'a', scheme: 'http' },
  ],
  ['extract from no text', [{ action: 'extract', key: 'a', pattern: '(?<b>.)' }], { a: 12 }, { a: 12 }],
  ['extract without a match', [{ action: 'extract', key: 'a', pattern: '(?<b>x)' }], { a: 'y' }, { a: 'y' }],
  [
    'extract of an optional group',
    [{ action: 'extract', key: 'a', pattern: '^y(?<b>x)?' }],
    { a: 'y' },
    { a: 'y', b: '' },
  ],
  [
    'one after the other',
    [
      { action: 'insert', key: 'b', from_attribute: 'a' },
      { action: 'delete', key: 'a' },
      { action: 'convert', key: 'b', converted_type: 'string' },
    ],
    { a: 1 },
    { b: '1' },
  ],
])('%s', (_name, actions, attributes, want) => {
  expect(change(actions, Object.freeze(attributes))).toEqual(want);
});

it.each<[AnyValue, string]>([
  ['user@example.com', 'b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514'],
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [true, '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a'],
  [false, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  [1, '7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8'],
  [1n, '7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8'],
  [0.5, '4cfa5b42ca669328764e67cd9a34bb8f90b16ed7ca8d85e8443783d7ccce15ed'],
  [['a'], ''],
  [null, ''],
])('hashes %o as the collector does', (value, want) => {
  expect(change([{ action: 'hash', key: 'a' }], { a: value })).toEqual({ a: want });
});

it('hashes what a pattern names', () => {
  const hashed = change([{ action: 'hash', key: 'x', pattern: '^user' }], { 'user.id': 'u', x: 'x', y: 'y' });
  expect(hashed).toEqual({
    'user.id': expect.stringMatching(/^[0-9a-f]{64}$/),
    x: expect.stringMatching(/^[0-9a-f]{64}$/),
    y: 'y',
  });
});

it.each<[AnyValue, 'int' | 'double' | 'string', AnyValue]>([
  ['42', 'int', 42],
  ['+42', 'int', 42],
  ['-9223372036854775808', 'int', -(2n ** 63n)],
  ['9223372036854775808', 'int', '9223372036854775808'],
  ['4.5', 'int', '4.5'],
  ['', 'int', ''],
  [-4.9, 'int', -4],
  [Number.POSITIVE_INFINITY, 'int', Number.POSITIVE_INFINITY],
  [1e17, 'int', 10n ** 17n],
  [true, 'int', 1],
  [['1'], 'int', ['1']],
  [null, 'int', null],
  ['1.5e3', 'double', 1500],
  ['.5', 'double', 0.5],
  ['1e999', 'double', '1e999'],
  ['NaN', 'double', 'NaN'],
  ['0x10', 'double', '0x10'],
  [' 1', 'double', ' 1'],
  [2n ** 60n, 'double', 2 ** 60],
  [false, 'double', 0],
  [2n ** 60n, 'string', '1152921504606846976'],
  [1.5, 'string', '1.5'],
  [true, 'string', 'true'],
  [new Uint8Array([255, 0]), 'string', '/wA='],
  [[1n, 'a', { c: new Uint8Array([1]), b: null }], 'string', '[1,"a",{"b":null,"c":"AQ=="}]'],
])('converts %o to %s', (value, type, want) => {
  expect(change([{ action: 'convert', key: 'a', converted_type: type }], { a: value })).toEqual({ a: want });
});

describe('identity', () => {
  const actions: Action[] = [
    { action: 'upsert', key: 'a', value: 1 },
    { action: 'delete', key: 'b' },
  ];

  it('is kept where nothing changes', () => {
    const attributes = { a: 1, c: 2 };
    expect(change(actions, attributes)).toBe(attributes);
  });

  it('of the result is that of what it was made of, once that comes again', () => {
    const perform = createActions(actions)(undefined);
    const attributes = Array.from({ length: 10_000 }, (_, index) => ({ b: 1, index }));
    const [, second, third] = [1, 2, 3].map(() => attributes.map(perform));
    expect(third!.filter((one, index) => one !== second![index])).toEqual([]);
  });

  it('of the change is one for all requests, if no action looks at them', () => {
    const perform = createActions(actions);
    expect(perform({ a: ['1'] })).toBe(perform(undefined));
  });
});

describe('from_context', () => {
  const perform = createActions([
    { action: 'upsert', key: 'tenant', from_context: 'metadata.X-Tenant', default_value: 'none' },
  ]);

  it.each<[string, Record<string, string[]> | undefined, string]>([
    ['a header', { 'x-tenant': ['a'], other: ['b'] }, 'a'],
    ['several values', { 'x-tenant': ['a', 'b'] }, 'a;b'],
    ['no such header', { other: ['b'] }, 'none'],
    ['no metadata', undefined, 'none'],
  ])('%s', (_name, metadata, want) => {
    expect(perform(metadata)({})).toEqual({ tenant: want });
  });

  it('is the same change for the same values', () => {
    const change = perform({ 'x-tenant': ['a'], 'x-request': ['1'] });
    expect(perform({ 'x-tenant': ['a'], 'x-request': ['2'] })).toBe(change);
    expect(perform({ 'x-tenant': ['b'] })).not.toBe(change);
  });

  it('knows attributes by their request', () => {
    const attributes = {};
    expect(perform({ 'x-tenant': ['a'] })(attributes)).toEqual({ tenant: 'a' });
    expect(perform({ 'x-tenant': ['b'] })(attributes)).toEqual({ tenant: 'b' });
  });
});

it.each<[Action, (string | number)[], string]>([
  [{ action: 'insert', value: 1 }, [], 'The action insert needs a key.'],
  [{ action: 'insert', key: 'a' }, [], 'The action insert needs one of value, from_attribute, from_context.'],
  [
    { action: 'upsert', key: 'a', value: 1, from_attribute: 'b' },
    [],
    'The action upsert takes one of value, from_attribute, from_context; there are value and from_attribute.',
  ],
  [{ action: 'delete' }, [], 'The action delete needs a key, a pattern, or both.'],
  [{ action: 'delete', key: 'a', value: 1 }, ['value'], 'The action delete does not use value; it takes key, pattern.'],
  [{ action: 'hash', pattern: '(' }, ['pattern'], 'Invalid regular expression: /(/: Unterminated group.'],
  [{ action: 'extract', key: 'a' }, [], 'The action extract needs a pattern.'],
  [
    { action: 'extract', key: 'a', pattern: '.' },
    ['pattern'],
    'pattern has no named group; write (?<name>…) for what is to become the attribute "name".',
  ],
  [
    { action: 'extract', key: 'a', pattern: '(.)(?<b>.)' },
    ['pattern'],
    'pattern has a group without a name; write (?<name>…), or (?:…) for a group that is not extracted.',
  ],
  [{ action: 'convert', key: 'a' }, [], 'The action convert needs a converted_type.'],
  [
    { action: 'insert', key: 'a', from_context: 'auth.subject' },
    ['from_context'],
    'from_context: auth.subject is not known; write metadata.<name of a header>.',
  ],
])('says what is wrong with %j', (action, at, message) => {
  expect(checkActions([action], ['actions'])).toEqual([{ path: ['actions', 0, ...at], message }]);
});

it('finds nothing wrong with what is right', () => {
  const actions: Action[] = [
    { action: 'insert', key: 'a', default_value: 1 },
    { action: 'delete', pattern: '(?i)^A' },
    { action: 'extract', key: 'a', pattern: '(?P<x>.)(?:y)' },
    { action: 'convert', key: 'a', converted_type: 'int' },
  ];
  expect(checkActions(actions, [])).toEqual([]);
});

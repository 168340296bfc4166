import { expect, it } from 'vitest';
import { attributesKey } from './attributes-key.ts';

it('is the same whatever the order, and leaves out what is undefined', () => {
  const key = attributesKey({ b: 'x', a: 1, c: { e: [true, null], d: new Uint8Array([1, 2]) } });
  expect(attributesKey({ c: { d: new Uint8Array([1, 2]), e: [true, null] }, a: 1, b: 'x', z: undefined })).toBe(key);
});

it('differs for what differs', () => {
  const all = [
    {},
    { a: 1 },
    { a: '1' },
    { a: 1n },
    { a: true },
    { a: 'true' },
    { a: null },
    { a: 0 },
    { a: -0 },
    { a: [1] },
  ];
  const quoted = [{ a: '","b":"' }, { a: '', b: '' }, { 'a":"': '' }, { a: [['x', 'y']] }, { a: ['x', ['y']] }];
  const keys = [...all, ...quoted].map((attributes) => attributesKey(attributes));
  expect(new Set(keys).size).toBe(keys.length);
});

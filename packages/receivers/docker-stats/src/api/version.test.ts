import { describe, expect, it } from 'vitest';
import { compareVersions, negotiate, newestVersion } from './version.ts';

describe('versions of the API', () => {
  it.each([
    { a: '1.9', b: '1.40', want: -1 },
    { a: '1.40', b: '1.40', want: 0 },
    { a: '2.0', b: '1.52', want: 1 },
    { a: '1.4', b: '1.24', want: -1 },
  ])('$a against $b', ({ a, b, want }) => expect(Math.sign(compareVersions(a, b))).toBe(want));

  it.each([
    { name: 'an old engine', newest: '1.24', oldest: undefined, pinned: undefined, want: '1.24' },
    { name: 'Docker 20.10', newest: '1.41', oldest: '1.12', pinned: undefined, want: '1.41' },
    { name: 'Docker 29, which wants 1.44', newest: '1.52', oldest: '1.44', pinned: undefined, want: '1.52' },
    { name: 'an engine of the future', newest: '1.99', oldest: '1.44', pinned: undefined, want: newestVersion },
    { name: 'a pinned version', newest: '1.41', oldest: '1.12', pinned: '1.30', want: '1.30' },
    { name: 'a pinned version newer than ours', newest: '1.99', oldest: '1.60', pinned: '1.70', want: '1.70' },
  ])('$name: $want', ({ newest, oldest, pinned, want }) => expect(negotiate({ newest, oldest }, pinned)).toBe(want));

  it.each([
    { newest: '1.23', oldest: undefined, pinned: undefined, says: /speaks the API 1.23 at most; 1.24 is needed/ },
    { newest: '1.99', oldest: '1.80', pinned: undefined, says: /speaks the API 1.80 at least/ },
    {
      newest: '1.52',
      oldest: '1.44',
      pinned: '1.40',
      says: /api_version is 1.40, and the engine speaks 1.44 at least/,
    },
    { newest: '1.41', oldest: '1.12', pinned: '1.42', says: /api_version is 1.42, and the engine speaks 1.41 at most/ },
  ])('none: $says', ({ newest, oldest, pinned, says }) =>
    expect(() => negotiate({ newest, oldest }, pinned)).toThrow(says),
  );
});

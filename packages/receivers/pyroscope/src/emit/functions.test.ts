import { encode, decode, fromStacks } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import { filtered, functionsOf, packageOf } from './functions.ts';
import { unitOf } from './unit.ts';

it.each([
  ['main.work', 'main'],
  ['net/http.(*conn).serve', 'net/http'],
  ['github.com/a/b.v2/c.(*T[...]).f.func1', 'github.com/a/b.v2/c'],
  ['slices.Sort[go.shape.[]int,int]', 'slices'],
  ['resdb::Server<int>::Run(int)', 'resdb::Server'],
  ['void std::vector<int, std::allocator<int> >::push_back(int&&)', 'std::vector'],
  ['(anonymous namespace)::f(int)', '_'],
  ['core::ops::function::FnOnce::call_once', 'core::ops::function::FnOnce'],
  ['malloc', undefined],
  ['[libc.so.6]', undefined],
  ['<unknown>', undefined],
  ['processTicksAndRejections', undefined],
  ['(anonymous)', undefined],
  ['render:/app/src/a.js:12', undefined],
])('the package of %s is %s', (name, own) => expect(packageOf(name)).toBe(own));

it.each([
  ['cpu', 'nanoseconds', 'ns'],
  ['alloc_space', 'bytes', 'By'],
  ['alloc_objects', 'count', '{object}'],
  ['contentions', 'count', '{contention}'],
  ['cpu', 'samples', '{sample}'],
  ['hits', 'count', '{count}'],
  ['a', 'my unit', '{my_unit}'],
])('%s in %s is in %s', (type, unit, ucum) => expect(unitOf({ type, unit })).toBe(ucum));

const sampleTypes = [{ type: 'cpu', unit: 'nanoseconds' }];
const profile = fromStacks(
  [
    { frames: ['main', 'a', 'x'], values: [40] },
    { frames: ['main', 'a', 'y'], values: [30] },
    { frames: ['main', 'b', 'z'], values: [20] },
    { frames: ['main', 'b'], values: [5] },
    { frames: [], values: [3] },
  ],
  { sampleTypes },
);

describe('the functions that are shown', () => {
  const shown = (limit: number, filters: object = {}) => {
    const views = { whole: profile, filtered: filtered(profile, { limit, ...filters }) };
    const { rows, ...rest } = functionsOf(views, 0, limit);
    return { rows: rows.map(({ name, self, total }) => `${name} ${self} ${total}`), ...rest };
  };

  it('are those with the greatest values, and the rest makes the sum', () => {
    expect(shown(3)).toEqual({ rows: ['x 40 40', 'y 30 30', 'main 0 95'], total: 98, other: 28, dropped: 3 });
    expect(shown(100).other).toBe(3);
  });

  it('what filters leave out is in the rest', () => {
    expect(shown(10, { focus: '^a$' })).toMatchObject({ other: 28, total: 98 });
    expect(shown(10, { hide: '^[xy]$' })).toMatchObject({ rows: expect.arrayContaining(['a 70 70']), other: 3 });
    expect(shown(10, { show: '^[xy]$' })).toEqual({ rows: ['x 40 40', 'y 30 30'], total: 98, other: 28, dropped: 0 });
  });

  it('sums beyond 2^53 are exact', () => {
    const big = 2n ** 60n + 1n;
    const one = decode(
      encode(
        fromStacks(
          [
            { frames: ['a'], values: [big] },
            { frames: ['b'], values: [big] },
            { frames: ['c'], values: [7] },
          ],
          {
            sampleTypes,
          },
        ),
      ),
    );
    const functions = functionsOf({ whole: one, filtered: one }, 0, 1);
    expect([functions.total, functions.other]).toEqual([2n * big + 7n, big + 7n]);
  });
});

import { expect, it } from 'vitest';
import { callTree, decode, encode, folded, formatTree, fromStacks, ProfileError, top } from './index.ts';
import type { Profile } from './index.ts';

const cpu = { type: 'cpu', unit: 'nanoseconds' } as const;

/** So many stacks that have nothing in common. */
const stacks = function* (count: number, depth: number): Generator<{ frames: string[]; values: number[] }> {
  for (let index = 0; index < count; index++)
    yield { frames: [`root ${index}`, ...Array.from({ length: depth }, () => 'f')], values: [1] };
};

it('refuses a call tree that would fill the memory', () => {
  const profile = decode(encode(fromStacks(stacks(500, 10_000), { sampleTypes: [cpu] })));
  expect(top(profile).rows.length).toBe(501);
  expect(() => callTree(profile)).toThrow(ProfileError);
  expect(() => callTree(profile)).toThrow('There are more than 4194304 nodes in the call tree.');
}, 60_000);

it('refuses texts that a long name would make endless', () => {
  const long = 'x'.repeat(1 << 20);
  const named = (name: string) => (name === 'f' ? long : name);
  const all = [...stacks(3, 300)].map(({ frames, values }) => ({ frames: frames.map(named), values }));
  const profile = fromStacks(all, { sampleTypes: [cpu] });
  expect(() => folded(profile)).toThrow('The text has more than 268435456 characters.');
  const deep = fromStacks([{ frames: Array.from({ length: 1000 }, () => long), values: [1] }], { sampleTypes: [cpu] });
  expect(() => folded(deep)).toThrow('The text has more than 268435456 characters.');
  const many = fromStacks(
    Array.from({ length: 400 }, (_, index) => ({ frames: [long, `leaf ${index}`], values: [1] })),
    { sampleTypes: [cpu] },
  );
  expect(() => formatTree(many, { minNodeShare: 0, minEdgeShare: 0, limit: 500 })).toThrow(ProfileError);
});

it('refuses frames of which each line has a long name', () => {
  const profile = fromStacks([{ frames: ['y'.repeat(1 << 20)], values: [1] }], { sampleTypes: [cpu] });
  const { locations } = profile;
  const count = 300;
  const line = countedColumn(locations.lines.line, count);
  const lines = { function: new Uint32Array(count), line, column: countedColumn(locations.lines.column, count) };
  const wide: Profile = { ...profile, locations: { ...locations, lineStart: Uint32Array.of(0, count), lines } };
  expect(top(wide).rows.length).toBe(1);
  expect(() => top(wide, { granularity: 'line' })).toThrow('The names have more than 268435456 characters together.');
});

/** A column of 1, 2, 3 and so on. */
function countedColumn(like: Profile['locations']['lines']['line'], count: number): typeof like {
  const column = like.resized(count);
  for (let index = 0; index < count; index++) column.set(index, index + 1);
  return column;
}

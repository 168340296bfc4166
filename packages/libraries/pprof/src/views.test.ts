import { describe, expect, it } from 'vitest';
import {
  callGraph,
  callTree,
  decode,
  diff,
  encode,
  filter,
  flamebearer,
  folded,
  formatTop,
  fromStacks,
  merge,
  ProfileError,
  prune,
  scale,
  readFlamebearer,
  Strings,
  subtract,
  top,
  valuesOf,
} from './index.ts';
import { cpu, example, stacks } from '../testdata/stacks.ts';

const greatest = fromStacks([{ frames: ['main'], values: [2n ** 62n] }], { sampleTypes: [cpu] });
const twice = fromStacks(
  ['a', 'b'].map((name) => ({ frames: ['main', name], values: [2n ** 62n] })),
  { sampleTypes: [cpu] },
);
const hours = { type: 'cpu', unit: 'hours' };

it('sums up by function, with recursion once', () => {
  const { rows, total, sampleType, omitted } = top(example);
  expect(rows.map(({ name, self, total: all }) => [name, self, all])).toEqual([
    ['read', 6, 6],
    ['write', 4, 4],
    ['parse', 2, 8],
    ['main', 0, 12],
  ]);
  expect({ total, sampleType, omitted }).toEqual({ total: 12, sampleType: cpu, omitted: 0 });
  const limited = top(example, { sort: 'total', limit: 2 });
  expect(limited.rows.map(({ name }) => name)).toEqual(['main', 'parse']);
  expect(limited.omitted).toBe(2);
});

it('tells who calls whom', () => {
  const { nodes } = callGraph(example);
  const parse = nodes.find(({ name }) => name === 'parse')!;
  expect(parse.callers.map(({ caller, value }) => [caller.name, value])).toEqual([['main', 8]]);
  expect(parse.callees.map(({ callee, value }) => [callee.name, value])).toEqual([['read', 6]]);
});

it('folds', () => {
  expect(folded(example)).toBe('main;parse 2\nmain;parse;parse;read 1\nmain;parse;read 5\nmain;write 4\n');
  expect(folded(fromStacks([{ frames: ['a;b', 'c\nd'], values: [1] }], { sampleTypes: [cpu] }))).toBe('a:b;c d 1\n');
});

it('tells functions without a name apart by their binaries', () => {
  const nameless = fromStacks([{ frames: ['', 'b'], values: [1] }], { sampleTypes: [cpu] });
  const { strings, locations, mappings } = merge([nameless]);
  const texts = Array.from({ length: strings.count }, (_, index) => strings.at(index));
  const [one, other] = [texts.push('/bin/one') - 1, texts.push('/lib/other') - 1];
  const ids = locations.id;
  const profile = {
    ...merge([nameless]),
    strings: Strings.of(texts),
    locations: {
      ...locations,
      mapping: Int32Array.of(0, 1),
      lines: { ...locations.lines, function: Uint32Array.of(1, 1) },
    },
    mappings: {
      ...mappings,
      count: 2,
      id: ids,
      start: ids,
      limit: ids,
      offset: ids,
      file: Uint32Array.of(one, other),
      buildId: new Uint32Array(2),
      has: new Uint8Array(2),
    },
  };
  for (const granularity of ['function', 'file', 'function_file'] as const)
    expect([granularity, folded(profile, { granularity })]).toEqual([granularity, '[other];[one] 1\n']);
});

it('makes a tree', () => {
  expect(
    callTree(example).nodes.map(({ name, depth, parent, self, total }) => [name, depth, parent, self, total]),
  ).toEqual([
    ['main', 0, -1, 0, 12],
    ['parse', 1, 0, 2, 8],
    ['parse', 2, 1, 0, 1],
    ['read', 3, 2, 1, 1],
    ['read', 2, 1, 5, 5],
    ['write', 1, 0, 4, 4],
  ]);
});

it('goes through deep stacks', () => {
  const deep = fromStacks([{ frames: Array.from({ length: 16_000 }, (_, index) => `f${index % 7}`), values: [3] }], {
    sampleTypes: [cpu],
  });
  const again = decode(encode(deep));
  expect(callTree(again).nodes.length).toBe(16_000);
  expect(flamebearer(again).flamebearer.levels.length).toBe(16_001);
  expect(readFlamebearer(flamebearer(again)).stacks[0]!.frames.length).toBe(16_000);
  expect(top(again).rows.length).toBe(7);
});

describe('filters', () => {
  it.each([
    [{ focus: 'write' }, ['main;write 4']],
    [{ ignore: 'read' }, ['main;parse 2', 'main;write 4']],
    [{ show: '^(main|read)$' }, ['main 6', 'main;read 6']],
    [{ hide: 'parse' }, ['main 2', 'main;read 6', 'main;write 4']],
    [{ showFrom: 'parse' }, ['parse 2', 'parse;parse;read 1', 'parse;read 5']],
    [{ focus: 'parse', hide: /READ/i }, ['main;parse 7', 'main;parse;parse 1']],
    [{ show: 'nothing' }, []],
  ])('%j', (filters, expected) => {
    expect(folded(filter(example, filters)).split('\n').slice(0, -1)).toEqual(expected);
    expect(top(example, filters).total).toBe(12);
  });

  it('takes an empty text for no filter, as Go does', () => {
    const none = { focus: '', ignore: '', show: '', hide: '', showFrom: '', tagFocus: '', tagIgnore: '' };
    expect(folded(example, none)).toBe(folded(example));
  });

  it('takes a label filter without a key for one of any key, as Go does', () => {
    const profile = decode(encode(diff(example, example)));
    expect(filter(profile, { tagFocus: '=true' }).samples.count).toBe(4);
  });

  it('drops what the profile says is of no interest', () => {
    const profile = stacks('main;serve;malloc;lock 3\nmain;malloc_keep;x 2\nmalloc;x 1', {
      dropFrames: 'mal.*',
      keepFrames: '.*keep',
    });
    expect(folded(prune(profile), { dropFrames: 'keep' })).toBe('main;malloc_keep;x 2\nmain;serve 3\nmalloc;x 1\n');
    expect(folded(profile)).toBe(folded(prune(profile), { dropFrames: 'keep' }));
    expect(folded(profile, { dropFrames: 'keep' })).toContain('main;serve;malloc;lock 3');
  });

  it('drops nothing by a pattern that is none', () => {
    const profile = stacks('main;x 3', { dropFrames: 'x(' });
    expect(folded(profile)).toBe('main;x 3\n');
    expect(() => prune(profile)).toThrow('The pattern "x(" is wrong: missing closing ).');
  });

  it('drops by name without arguments', () => {
    const profile = stacks('main;(anonymous namespace)::alloc(int);x 3\nmain;operator()(int);x 2', {
      dropFrames: '\\(anonymous namespace\\)::alloc|operator\\(\\)',
    });
    expect(folded(profile)).toBe('main 5\n');
  });

  it('takes no time for a pattern in a profile that a RegExp would never end with', () => {
    const profile = stacks(`main;${'a'.repeat(2000)}! 1`, { dropFrames: '(a+)+' });
    expect(top(profile).rows.length).toBe(2);
  });
});

describe('sums and differences', () => {
  const later = stacks('main;parse;read 9\nmain;parse 2\nmain;close 3');

  it('subtracts an earlier profile', () => {
    expect(folded(subtract(later, example))).toBe(
      'main;close 3\nmain;parse;parse;read -1\nmain;parse;read 4\nmain;write -4\n',
    );
    expect(subtract(example, example).samples.count).toBe(0);
  });

  it('shows a difference in shares of the base', () => {
    const { rows, total } = top(diff(later, example));
    expect(total).toBe(12);
    expect(rows.map(({ name, self }) => [name, self])).toEqual([
      ['write', -4],
      ['close', 3],
      ['read', 3],
      ['main', 0],
      ['parse', 0],
    ]);
  });

  it('keeps the time of those that have one, in any order', () => {
    const times = [0n, 7n, 5n, 0n].map((timeNanos) => ({ ...example, timeNanos }));
    expect(merge(times).timeNanos).toBe(5n);
  });

  it('brings units together', () => {
    const seconds = fromStacks([{ frames: ['main'], values: [2, 7] }], {
      sampleTypes: [
        { type: 'cpu', unit: 'milliseconds' },
        { type: 'other', unit: 'count' },
      ],
    });
    const merged = merge([seconds, stacks('main 5')]);
    expect(merged.sampleTypes).toEqual([cpu]);
    expect(folded(merged)).toBe('main 2000005\n');
  });

  it('has time for thousands of types', () => {
    const sampleTypes = Array.from({ length: 5000 }, (_, index) => ({ type: `t${index % 2500}`, unit: 'count' }));
    const profile = fromStacks([{ frames: ['a'], values: sampleTypes.map((_, index) => index) }], { sampleTypes });
    expect(valuesOf(merge([profile, profile]), 0)).toEqual(sampleTypes.map((_, index) => 2 * index));
  });

  it('adds types of one name to those of the same place', () => {
    const sampleTypes = [cpu, { type: 'space', unit: 'bytes' }, cpu];
    const profile = (...values: number[]) => fromStacks([{ frames: ['main'], values }], { sampleTypes });
    const merged = merge([profile(1, 2, 3), profile(10, 20, 30)]);
    expect(merged.sampleTypes).toEqual(sampleTypes);
    expect(valuesOf(merged, 0)).toEqual([11, 22, 33]);
    // The other profile has one of them only.
    const both = merge([profile(1, 2, 3), fromStacks([{ frames: ['main'], values: [10] }], { sampleTypes: [cpu] })]);
    expect(both.sampleTypes).toEqual([cpu]);
    expect(valuesOf(both, 0)).toEqual([11]);
  });

  it.each<readonly [() => unknown, string]>([
    [() => merge([]), 'There are no profiles to merge.'],
    [
      () => merge([example, fromStacks([], { sampleTypes: [{ type: 'space', unit: 'bytes' }] })]),
      'The profiles have no sample type in common: "cpu" and "space".',
    ],
    [
      () =>
        top(fromStacks([], { sampleTypes: Array(5000).fill({ type: 'x'.repeat(100), unit: '' }) }), {
          sampleType: 'y',
        }),
      `it has ${Array(10)
        .fill(`"${'x'.repeat(60)}"`)
        .join(', ')} and 4990 more.`,
    ],
    [
      () => merge([example, fromStacks([], { sampleTypes: [{ type: 'cpu', unit: 'bytes' }] })]),
      'The profiles do not fit together: cpu/nanoseconds and cpu/bytes cannot be added.',
    ],
    [() => top(example, { sampleType: 'space' }), 'The profile has no sample type "space"; it has "cpu".'],
    [() => scale(example, Number.NaN), 'A profile cannot be scaled by NaN.'],
    [() => scale(greatest, 2), `${2n ** 62n} times 2 does not fit in 64 bits.`],
    [() => scale(greatest, 2.5), `${2n ** 62n} times 2.5 does not fit in 64 bits.`],
    [() => scale(scale(greatest, -2), -1), `${-(2n ** 63n)} times -1 does not fit in 64 bits.`],
    [() => scale(greatest, 1e300), `${2n ** 62n} times 1e+300 does not fit in 64 bits.`],
    [() => merge([greatest, greatest]), `${2n ** 62n} + ${2n ** 62n} does not fit in 64 bits.`],
    [
      () => merge([example, { ...example, durationNanos: 2n ** 63n - 1n }, { ...example, durationNanos: 1n }]),
      `The sum of the durations, ${2n ** 63n} ns, does not fit in 64 bits.`,
    ],
    [
      () => merge([stacks('main 1'), fromStacks([{ frames: ['a'], values: [2 ** 62] }], { sampleTypes: [hours] })]),
      'does not fit in 64 bits',
    ],
    ...[1e300, -(2n ** 63n) - 1n, Number.NaN].map(
      (value) =>
        [
          () => fromStacks([{ frames: ['a'], values: [value] }], { sampleTypes: [cpu] }),
          `A stack has the value ${value}, which is no integer of 64 bits.`,
        ] as const,
    ),
    [
      () => fromStacks([{ frames: [], values: [] }], { sampleTypes: [cpu] }),
      'A stack has 0 values, but there are 1 sample types.',
    ],
  ])('refuses what does not fit: %#', (work, message) => {
    expect(work).toThrow(ProfileError);
    expect(work).toThrow(message);
  });

  it('adds beyond 2^53 in every view', () => {
    const great = 2n ** 62n;
    const profile = fromStacks(
      [
        { frames: ['main', 'a'], values: [great] },
        { frames: ['main', 'b'], values: [great - 1n] },
        { frames: ['main'], values: [-5] },
      ],
      { sampleTypes: [cpu] },
    );
    expect(top(profile, { sort: 'total' }).rows[0]).toMatchObject({ name: 'main', self: -5, total: 2n ** 63n - 6n });
    expect(callGraph(profile).nodes[0]!.callers[0]!.value).toBe(great);
    expect(folded(profile)).toBe(`main -5\nmain;a ${great}\nmain;b ${great - 1n}\n`);
    const half = fromStacks([{ frames: ['main'], values: [2n ** 61n - 1n] }], { sampleTypes: [cpu] });
    expect(folded(subtract(merge([half, half]), half))).toBe(folded(half));
  });

  it('adds beyond 64 bits in every view', () => {
    const { rows, total } = top(twice, { sort: 'total' });
    expect([rows[0]!.total, total]).toEqual([2n ** 63n, 2n ** 63n]);
    expect(callTree(twice).nodes[0]!.total).toBe(2n ** 63n);
    expect(flamebearer(twice).flamebearer.numTicks).toBe(2 ** 63);
    expect(top(diff(twice, stacks('other 1')), { sort: 'total' }).rows[0]!.total).toBe(2n ** 63n);
    expect(formatTop(twice)).toContain('100% of 2562047.79hrs total');
  });
});

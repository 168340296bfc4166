import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  callGraph,
  callTree,
  decode,
  diff,
  encode,
  filter,
  flamebearer,
  flamebearerDiff,
  folded,
  fromStacks,
  merge,
  ProfileError,
  prune,
  readFlamebearer,
  subtract,
  top,
} from './index.ts';
import type { Profile } from './index.ts';

const cpu = { type: 'cpu', unit: 'nanoseconds' } as const;
const read = (name: string): Profile => decode(readFileSync(join(import.meta.dirname, '../testdata', name)));

/** `main;a;b 5` and so on. */
function stacks(text: string, more: Partial<Profile> = {}): Profile {
  const lines = text.trim().split('\n');
  const parsed = lines.map((line) => {
    const [, path = '', value] = /^(.*) (-?\d+)$/.exec(line.trim())!;
    return { frames: path.split(';'), values: [Number(value)] };
  });
  return { ...fromStacks(parsed, { sampleTypes: [cpu] }), ...more };
}

const example = stacks(`
  main;parse;read 5
  main;parse 2
  main;parse;parse;read 1
  main;write 4
`);

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

describe('flamebearer', () => {
  it('is what Pyroscope answers', () => {
    expect(flamebearer(example)).toEqual({
      version: 1,
      flamebearer: {
        names: ['total', 'main', 'parse', 'read', 'write', 'other'],
        levels: expect.any(Array),
        numTicks: 12,
        maxSelf: 5,
      },
      metadata: { format: 'single', spyName: '', sampleRate: 1e9, units: 'samples', name: 'cpu' },
    });
    const { names, levels } = flamebearer(example).flamebearer;
    const named = levels.map((level) => level.map((value, at) => (at % 4 === 3 ? names[value] : value)));
    expect(named).toEqual([
      [0, 12, 0, 'total'],
      [0, 12, 0, 'main'],
      [0, 8, 2, 'parse', 0, 4, 4, 'write'],
      [0, 1, 0, 'parse', 0, 5, 5, 'read'],
      [0, 1, 1, 'read'],
    ]);
  });

  it('puts what is small together', () => {
    const { names, levels } = flamebearer(example, { maxNodes: 3 }).flamebearer;
    const named = levels.map((level) => level.map((value, at) => (at % 4 === 3 ? names[value] : value)));
    expect(named).toEqual([
      [0, 12, 0, 'total'],
      [0, 12, 0, 'main'],
      [0, 8, 2, 'parse', 0, 4, 4, 'other'],
      [0, 5, 5, 'read', 0, 1, 1, 'other'],
    ]);
  });

  it('leads back to the stacks, of every kind of profile', () => {
    for (const name of ['go-cpu.pb.gz', 'node-wall.pb.gz', 'python-heap.pb.gz', 'rust-cpu.pb']) {
      const profile = read(name);
      const { stacks: back } = readFlamebearer(JSON.parse(JSON.stringify(flamebearer(profile))));
      expect(folded(fromStacks(back, { sampleTypes: [cpu] }))).toBe(folded(profile));
    }
  });

  it('compares two profiles', () => {
    const later = stacks('main;parse;read 9\nmain;close 3');
    const double = flamebearerDiff(example, later);
    expect(double).toMatchObject({ leftTicks: 12, rightTicks: 12, metadata: { format: 'double' } });
    const { format, stacks: back } = readFlamebearer(double);
    expect(format).toBe('double');
    const lines = back.map(({ frames, values }) => [frames.join(';'), ...values]);
    expect(lines.toSorted(([one], [other]) => (one! < other! ? -1 : 1))).toEqual([
      ['main;close', 0, 3],
      ['main;parse', 2, 0],
      ['main;parse;parse;read', 1, 0],
      ['main;parse;read', 5, 9],
      ['main;write', 4, 0],
    ]);
  });

  it.each<[string, unknown, string | RegExp]>([
    ['nothing', undefined, 'The answer is not an object.'],
    ['no flamebearer', {}, 'flamebearer is not an object.'],
    ['no names', { flamebearer: { levels: [] } }, 'flamebearer.names is not a list of texts.'],
    ['no levels', { flamebearer: { names: [] } }, 'flamebearer.levels is not a list.'],
    ['half a bar', bars([[0, 1, 1]]), 'Level 0 of the flame graph is not a list of 4 numbers a bar.'],
    ['a text', bars([[0, '1', 1, 0]]), 'Level 0 of the flame graph has "1" where a number belongs.'],
    ['a negative number', bars([[0, -1, 1, 0]]), 'Level 0 of the flame graph has -1 where a number belongs.'],
    [
      'a name that is missing',
      bars([[0, 1, 1, 3]]),
      'Level 0 of the flame graph refers to a name that does not exist.',
    ],
    [
      'a bar beside its parent',
      bars([
        [0, 5, 0, 0],
        [6, 1, 1, 1],
      ]),
      'Level 1 of the flame graph has a bar "a" that lies on no other.',
    ],
    [
      'a bar that is too long',
      bars([
        [0, 5, 0, 0],
        [0, 6, 6, 1],
      ]),
      /that lies on no other/,
    ],
    [
      'a bar over two',
      bars([
        [0, 5, 0, 0],
        [0, 2, 0, 1, 0, 3, 0, 1],
        [1, 2, 2, 1],
      ]),
      /^Level 2 .* lies on no other/,
    ],
  ])('refuses %s', (_, answer, message) => {
    expect(() => readFlamebearer(answer)).toThrow(ProfileError);
    expect(() => readFlamebearer(answer)).toThrow(message);
  });
});

const bars = (levels: readonly unknown[]): object => ({ flamebearer: { names: ['total', 'a'], levels } });

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

  it.each([
    [() => merge([]), 'There are no profiles to merge.'],
    [
      () => merge([example, fromStacks([], { sampleTypes: [{ type: 'space', unit: 'bytes' }] })]),
      'The profiles have no sample type in common: cpu and space.',
    ],
    [
      () => merge([example, fromStacks([], { sampleTypes: [{ type: 'cpu', unit: 'bytes' }] })]),
      'The profiles do not fit together: cpu/nanoseconds and cpu/bytes cannot be added.',
    ],
    [() => top(example, { sampleType: 'space' }), 'The profile has no sample type "space"; it has "cpu".'],
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
    expect(folded(subtract(merge([profile, profile]), profile))).toBe(folded(profile));
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, fromStacks, type Profile, top } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import { changeColor, colorOf } from './color.ts';
import { type FlameTree, flameTree, flameTreeDiff } from './index.ts';
import { pageData } from './page-data.ts';
import { placeOf } from './place.ts';
import { parentsOf, totalsOf } from './sums.ts';
import { unitsFor } from './units.ts';

const folder = join(import.meta.dirname, '../../pprof/testdata');
const read = (name: string): Profile => decode(readFileSync(join(folder, name)));

function stacks(text: string): Profile {
  const lines = text.trim().split('\n');
  const parsed = lines.map((line) => {
    const [, path = '', value] = /^(.*) (-?\d+)$/.exec(line.trim())!;
    return { frames: path.split(';'), values: [BigInt(value!)] };
  });
  return fromStacks(parsed, { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] });
}

const drawn = ({ frames }: FlameTree): string[] =>
  frames.map(({ name, depth, self, baseSelf }) => {
    const base = baseSelf === undefined ? '' : ` was ${baseSelf}`;
    return `${'  '.repeat(depth)}${name} ${self}${base}`;
  });

const shown = { orientation: 'icicle', unit: undefined } as const;

describe('a tree', () => {
  it('is all stacks on one root, siblings by name', () => {
    const tree = flameTree(stacks('main;b 1\nmain;a;x 2\nmain;a 4\nother 8'));
    expect(drawn(tree)).toEqual(['all 0', '  main 0', '    a 4', '      x 2', '    b 1', '  other 8']);
  });

  it.each(['go-cpu.pb.gz', 'go-heap.pb.gz', 'node-wall.pb.gz', 'python-cpu.pb.gz', 'rust-cpu.pb'])(
    'of %s has all of it, and as much for each function as the table',
    (name) => {
      const profile = read(name);
      const { frames } = flameTree(profile);
      const totals = totalsOf(
        frames.map(({ self }) => self),
        parentsOf(frames),
      );
      const { rows, total } = top(profile);
      expect(totals[0]).toBe(total);
      const selfs = new Map<string, number>();
      for (const { name: called, self } of frames) selfs.set(called, (selfs.get(called) ?? 0) + Number(self));
      for (const row of rows) expect([row.name, selfs.get(row.name)]).toEqual([row.name, row.self]);
    },
  );

  it('of two has what is in either', () => {
    const tree = flameTreeDiff(stacks('main;gone 3\nmain;same 5'), stacks('main;same 5\nmain;new 7'));
    expect(drawn(tree)).toEqual([
      'all 0 was 0',
      '  main 0 was 0',
      '    gone 0 was 3',
      '    new 7 was 0',
      '    same 5 was 5',
    ]);
  });

  it('of two shows one thing only', () => {
    const space = fromStacks([{ frames: ['main'], values: [1] }], { sampleTypes: [{ type: 'space', unit: 'bytes' }] });
    expect(() => flameTreeDiff(stacks('main 3'), space)).toThrow(
      'The profiles cannot be compared: the one shows cpu in nanoseconds, the other space in bytes.',
    );
  });

  it('leaves out what is negative, and says how much that is', () => {
    const tree = flameTree(stacks('main;a 3\nmain;b -5'));
    expect(tree.negative).toBe(-5);
    expect(drawn(tree)).toEqual(['all 0', '  main 0', '    a 3', '    b 0']);
  });

  it('filters and tells lines apart as every view does', () => {
    const tree = flameTree(stacks('main;a 3\nmain;b 5'), { focus: 'b' });
    expect(drawn(tree)).toEqual(['all 0', '  main 0', '    b 5']);
  });

  it('puts the smallest frames together where there are too many, and loses nothing of their values', () => {
    const profile = stacks('main;a;x 1\nmain;a;y 2\nmain;b 90\nmain;c 3\nzero 1');
    const tree = flameTree(profile, { maxFrames: 4 });
    expect(tree.frames.map(({ name, depth, self, folded }) => [name, depth, self, folded])).toEqual([
      ['all', 0, 0, undefined],
      ['main', 1, 0, undefined],
      ['a', 2, 0, undefined],
      ['2 small frames', 3, 3, 2],
      ['b', 2, 90, undefined],
      ['1 small frame', 2, 3, 1],
      ['1 small frame', 1, 1, 1],
    ]);
    const whole = flameTree(read('go-heap.pb.gz'), { sampleType: 'alloc_space' });
    const folded = flameTree(read('go-heap.pb.gz'), { sampleType: 'alloc_space', maxFrames: 20 });
    const sum = ({ frames }: FlameTree): number => frames.reduce((so, { self }) => so + Number(self), 0);
    expect(sum(folded)).toBe(sum(whole));
    const count = folded.frames.reduce((so, { folded: some = 1 }) => so + some, 0);
    expect(count).toBe(whole.frames.length);
  });

  it('is exact beyond 2^53', () => {
    const tree = flameTree(stacks('main;a 9007199254740993\nmain;b 9007199254740993'));
    expect(tree.frames.map(({ self }) => self)).toEqual([0, 0, 9007199254740993n, 9007199254740993n]);
    expect(pageData(tree, shown)).toMatchObject({
      exact: true,
      self: ['0', '0', '9007199254740993', '9007199254740993'],
    });
  });

  it('may have a frame with a hundred thousand callees, and a stack of ten thousand', () => {
    const wide = Array.from({ length: 100_000 }, (_, at) => ({ frames: ['main', `f${at}`], values: [1] }));
    const deep = [{ frames: Array.from({ length: 10_000 }, () => 'again'), values: [1] }];
    const profile = fromStacks([...wide, ...deep], { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] });
    expect(flameTree(profile).frames.length).toBe(110_002);
  }, 60_000);
});

describe('colours', () => {
  it.each([
    ['go', { function: 'github.com/a/b.(*T).Run', file: '/src/b/run.go' }, 'github.com/a/b'],
    [
      'go, a closure of a generic function',
      { function: 'slices.Sort[go.shape.string].func1', file: '/go/sort.go' },
      'slices',
    ],
    ['go with a path in a type parameter', { function: 'a/b.Map[x/y.Z].Get', file: 'm.go' }, 'a/b'],
    ['go without a file', { function: 'net/http.(*conn).serve', file: '' }, 'net/http'],
    ['c++', { function: 'resdb::KVExecutor::Run(int)', file: '/src/kv.cpp' }, 'resdb'],
    ['rust', { function: '<alloc::vec::Vec<T> as core::ops::Drop>::drop', file: '' }, 'alloc'],
    ['node', { function: 'parse', file: '/app/node_modules/@a/b/lib/x.js' }, '@a/b'],
    ['python', { function: 'get', file: '/usr/lib/python3/dist-packages/requests/api.py' }, 'requests'],
    ['a file', { function: 'f', file: '/app/lib/x.js' }, '/app/lib'],
    ['a binary', { function: '', file: '', binary: '/usr/lib/libc.so.6' }, 'libc.so.6'],
    ['nothing but a name', { function: 'f', file: '' }, 'f'],
  ])('go by the package: %s', (_, origin, place) =>
    expect(placeOf({ name: origin.function, binary: '', ...origin })).toBe(place),
  );

  it('are the same every time', () => {
    expect(colorOf('runtime.mallocgc', 'runtime')).toBe('c59');
    expect(colorOf('f', '')).toBe('rest');
  });

  it.each([
    [0, 0, 'd5'],
    [100, 104, 'd5'],
    [100, 110, 'd6'],
    [100, 200, 'd8'],
    [0, 1, 'd10'],
    [200, 100, 'd2'],
    [1, 0, 'd0'],
  ])('of %d that became %d: %s', (before, after, color) => expect(changeColor(before, after)).toBe(color));
});

it.each([
  [
    'nanoseconds',
    undefined,
    [
      ['ns', 1],
      ['us', 1e3],
      ['ms', 1e6],
      ['s', 1e9],
    ],
  ],
  ['nanoseconds', 'ms', [['ms', 1e6]]],
  ['bytes', 'MB', [['MB', 2 ** 20]]],
  ['count', undefined, []],
  ['apples', undefined, []],
])('units of %s as %s', (unit, only, units) => expect(unitsFor(unit, only)).toEqual(units));

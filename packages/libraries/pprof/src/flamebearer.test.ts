import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cpu, example, stacks } from '../testdata/stacks.ts';
import { decode, flamebearer, flamebearerDiff, folded, fromStacks, ProfileError, readFlamebearer } from './index.ts';
import type { Profile } from './index.ts';

const read = (name: string): Profile => decode(readFileSync(join(import.meta.dirname, '../testdata', name)));

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

  it.each([
    [{ type: 'space', unit: 'bytes' }, 'cpu in nanoseconds, the other space in bytes'],
    [{ type: 'cpu', unit: 'seconds' }, 'cpu in nanoseconds, the other cpu in seconds'],
  ])('does not compare with %o', (sampleType, shown) => {
    const other = fromStacks([{ frames: ['main'], values: [1] }], { sampleTypes: [sampleType] });
    expect(() => flamebearerDiff(example, other)).toThrow(
      new ProfileError(`The profiles cannot be compared: the one shows ${shown}.`),
    );
  });

  it('keeps no more than maxNodes where many are the same', () => {
    const same = stacks(Array.from({ length: 100 }, (_, index) => `main;f${index} 1`).join('\n'));
    const { levels } = flamebearer(same, { maxNodes: 11 }).flamebearer;
    expect(levels.map(({ length }) => length / 4)).toEqual([1, 1, 11]);
    expect(levels[2]!.slice(-4, -1)).toEqual([0, 90, 90]);
  });

  it('is read again beyond 2^53, where bars begin at rounded numbers', () => {
    const great = Array.from({ length: 200 }, (_, index) => ({
      frames: ['main', `a${index % 17}`, `b${index}`],
      values: [2n ** 55n + BigInt(index * 7919)],
    }));
    const { stacks: back } = readFlamebearer(flamebearer(fromStacks(great, { sampleTypes: [cpu] })));
    const names = back.map(({ frames }) => frames.join(';')).sort();
    expect(names).toEqual(great.map(({ frames }) => frames.join(';')).sort());
  });

  it('shows the sample type that is asked for, when two are the same object', () => {
    const profile = fromStacks([{ frames: ['main'], values: [1, 2] }], { sampleTypes: [cpu, cpu] });
    expect(flamebearer(profile, { sampleType: 1 }).flamebearer.numTicks).toBe(2);
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

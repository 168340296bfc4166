import { fromStacks, type Profile } from '@millrace/pprof';
import { expect, it } from 'vitest';
import { flamegraphHtml, flamegraphSvg, flameTree, flameTreeDiff } from './index.ts';

const profile = (...values: readonly number[]): Profile =>
  fromStacks(
    [
      { frames: ['main', 'parse<T>', 'read'], values: [values[0]!] },
      { frames: ['main', 'write & flush'], values: [values[1]!] },
    ],
    { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] },
  );

it('draws a picture', async () => {
  const svg = flamegraphSvg(flameTree(profile(3e9, 1e9)), { title: 'cpu of <app>', notes: ['30 s'], width: 600 });
  await expect(svg).toMatchFileSnapshot('../testdata/small.svg');
});

it('draws what has changed, from the bottom', async () => {
  const tree = flameTreeDiff(profile(3e9, 1e9), profile(1e9, 4e9));
  await expect(flamegraphSvg(tree, { orientation: 'flame', unit: 'ms', width: 600 })).toMatchFileSnapshot(
    '../testdata/change.svg',
  );
});

const evil = '</script></title><img src=x onerror="globalThis.evil = 1">]]>\u0000\ud800&amp;';

it('is harmless whatever names say', () => {
  const tree = flameTree(fromStacks([{ frames: [evil], values: [1] }], { sampleTypes: [{ type: evil, unit: evil }] }));
  for (const text of [
    flamegraphSvg(tree, { title: evil, notes: [evil] }),
    flamegraphHtml(tree, { title: evil, notes: [evil] }),
  ]) {
    expect(text).not.toMatch(/<img/i);
    expect(text.isWellFormed()).toBe(true);
    // oxlint-disable-next-line no-control-regex -- what XML cannot have
    expect(text).not.toMatch(/[\u0000-\u0008]/);
  }
});

it('shows names that would read as others, or never end, as they are', () => {
  const names = ['\u202egnp.exe', 'x'.repeat(1 << 20)];
  const stacks = names.map((name) => ({ frames: ['main', name], values: [1] }));
  const svg = flamegraphSvg(flameTree(fromStacks(stacks, { sampleTypes: [{ type: 'n', unit: 'count' }] })));
  expect(svg).toContain('\ufffdgnp.exe');
  expect(svg).not.toContain('\u202e');
  expect(svg.length).toBeLessThan(10_000);
});

it('counts what is too narrow', () => {
  const frames = Array.from({ length: 5000 }, (_, at) => ({ frames: ['main', `f${at}`], values: [1] }));
  const tree = flameTree(fromStacks(frames, { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] }));
  const svg = flamegraphSvg(tree);
  expect(svg).toContain('5000 frames are too narrow to be drawn.');
  expect(svg.length).toBeLessThan(5000);
});

it('names nothing outside', () => {
  const tree = flameTree(profile(3, 1));
  for (const text of [flamegraphSvg(tree), flamegraphHtml(tree)])
    expect(text.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|\bsrc=|\bon\w+=/);
});

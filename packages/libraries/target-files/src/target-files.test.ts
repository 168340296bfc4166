import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseTargetFile, type TargetGroup } from './parse.ts';
import { lookEveryMs, targetFiles } from './target-files.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-target-files-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

function watching(...patterns: string[]) {
  const clock = manualClock();
  const context = testContext({ clock });
  const found: (readonly TargetGroup[])[] = [];
  const one = targetFiles({
    patterns: patterns.map((pattern) => join(folder, pattern)),
    refreshIntervalMs: 300_000,
    clock,
    log: context.log,
    found: (groups) => void found.push(groups),
  });
  return { ...one, clock, context, found, targets: () => found.at(-1)?.flatMap(({ targets }) => targets) };
}

it('finds what files say, and sees what changes', async () => {
  const { refresh, found, targets } = watching('*.json', '*.yml');
  write('a.json', '[{"targets":["a:1"],"labels":{"env":"x"}}]');
  write('b.yml', '- targets: [b:1, b:2]\n');
  write('c.txt', 'not asked for');
  await refresh();
  expect(targets()).toEqual(['a:1', 'b:1', 'b:2']);
  expect(found[0]![0]).toEqual({ path: join(folder, 'a.json'), targets: ['a:1'], labels: { env: 'x' } });
  await refresh();
  expect(found).toHaveLength(1);
  write('b.yml', '- targets: [b:3]\n');
  write('d.yml', '');
  await refresh();
  expect(targets()).toEqual(['a:1', 'b:3']);
  rmSync(join(folder, 'a.json'));
  await refresh();
  expect(targets()).toEqual(['b:3']);
});

it('keeps what a broken file said, warns once, and says when it is over', async () => {
  const { refresh, found, context } = watching('*.json');
  write('a.json', '[{"targets":["a:1"]}]');
  await refresh();
  for (const broken of ['[{"targets":["a:', '{}', '[{"targets":"a:1"}]', '[{"targets":["a:1"],"lables":{}}]']) {
    write('a.json', broken);
    await refresh();
    await refresh();
  }
  expect(found).toHaveLength(1);
  expect(context.lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'warn']);
  write('a.json', '[{"targets":["a:2"]}]');
  await refresh();
  expect(found).toHaveLength(2);
  expect(context.lines.at(-1)).toMatchObject({ level: 'info', message: 'A file of targets can be used again.' });
});

it.skipIf(process.getuid?.() === 0)('a file that may not be read any more keeps what it said', async () => {
  const { refresh, targets } = watching('*.json');
  write('a.json', '[{"targets":["a:1"]}]');
  await refresh();
  chmodSync(join(folder, 'a.json'), 0);
  await refresh();
  expect(targets()).toEqual(['a:1']);
});

it('follows a mounted file, which is exchanged by a link', async () => {
  const { refresh, targets } = watching('*.yml');
  write('v1', '- targets: [a:1]');
  write('v2', '- targets: [a:2]');
  symlinkSync('v1', join(folder, 'targets.yml'));
  await refresh();
  symlinkSync('v2', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'targets.yml'));
  await refresh();
  expect(targets()).toEqual(['a:2']);
});

it('looks every few seconds, until it is stopped', async () => {
  const { run, clock, targets } = watching('*.yml');
  const stop = new AbortController();
  const running = run(stop.signal);
  write('a.yml', '- targets: [a:1]');
  await clock.advance(lookEveryMs);
  await expect.poll(targets).toEqual(['a:1']);
  write('a.yml', '- targets: [a:2, a:3]');
  await clock.advance(lookEveryMs);
  await expect.poll(targets).toEqual(['a:2', 'a:3']);
  stop.abort(new Error('stopped'));
  await running;
});

it.each([
  ['a.json', '', 'It cannot be read.'],
  ['a.yml', 'a: [', 'It cannot be read.'],
  ['a.yml', 'a: b', 'It has no list.'],
  ['a.yml', '- a', 'Its group 1 is no map with targets and labels.'],
  ['a.yml', '- targets: [a]\n- target: [b]', 'Its group 2 has the key target; only targets and labels are allowed.'],
  ['a.json', '[{"targets":[1]}]', 'Its group 1 has a target that is no text.'],
  ['a.yml', '- labels: {a: [b]}', 'Its group 1 has a label whose value is no text: a.'],
  ['a.json', '[{"labels":[]}]', 'Its group 1 has labels that are no map.'],
])('says what is wrong in %s: %s', (path, text, message) => {
  expect(() => parseTargetFile(path, text)).toThrow(message);
});

it('takes values of labels as they are written', () => {
  expect(parseTargetFile('a.yaml', '- labels: {version: 1.10, on: yes, n: 007, empty: }\n')[0]!.labels).toEqual({
    version: '1.10',
    on: 'yes',
    n: '007',
    empty: '',
  });
});

import { utimesSync, writeFileSync } from 'node:fs';
import { PermanentError, resolveConfig } from '@millrace/core';
import { expect, test } from 'vitest';
import { entity, processOf, rulesFile, second, started, valuesOf } from '../testdata/grouping.ts';
import subgroup from './index.ts';

test('reads files again when they have changed, ends what has moved, and keeps the last good rules', async () => {
  const file = rulesFile('subgroups: [{ group: mine, subgroup: one, name: nginx }]');
  const { take, clock, lines } = await started({ files: [file], reload_interval: '30s' });
  const a = processOf(1, 'nginx');
  const other = processOf(2, 'sshd');
  expect(valuesOf(await take(entity(a, 10, { cpu: 3 }), entity(other, 10, {})), 'size')).toEqual(['one 1', 'ssh 1']);

  const change = (text: string, at: number): void => {
    writeFileSync(file, text);
    utimesSync(file, at, at);
  };
  change('subgroups: [{ group: mine, subgroup: two, name: nginx }]', 1000);
  expect(valuesOf(await take(entity(a, 20, { cpu: 4 })), 'size')).toEqual(['one 1']);
  await clock.advance(30 * second);
  const moved = await take(entity(a, 40, { cpu: 5 }));
  expect(valuesOf(moved, 'size')).toEqual(['one ended', 'two 1']);
  expect(valuesOf(moved, 'cpu.time')).toEqual(['one cpu.mode="user" ended', 'two cpu.mode="user" 1']);
  expect(
    moved
      .split('\n')
      .filter((line) => line.startsWith('process.cpu.time'))
      .map((line) => line.replace(/.*subgroup=/, '')),
  ).toEqual(['"one"|cpu.mode="user"} ended s', '"two"|cpu.mode="user"} 5 s']);

  change('subgroups: [{ group: mine', 2000);
  await clock.advance(30 * second);
  expect(valuesOf(await take(entity(a, 70, { cpu: 5 })), 'size')).toEqual(['two 1']);
  await clock.advance(30 * second);
  await take(entity(a, 100, { cpu: 5 }));
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  expect(JSON.stringify(lines)).toContain(`${file}:1`);
});

test('a start with a broken file fails for good, and the check says where', async () => {
  const file = rulesFile('subgroups: [{ group: mine');
  const input = { files: [file], rules: [{ group: 'g', subgroup: 's', name_regex: '(' }] };
  await expect(started(input)).rejects.toThrow(PermanentError);
  await expect(started(input)).rejects.toThrow(`${file}:1`);
  expect(subgroup.check?.(resolveConfig(subgroup.config, input))).toMatchObject([
    { path: ['rules', 0], message: expect.stringContaining('Invalid regular expression') as string },
    { path: ['files', 0], message: expect.stringContaining(`${file}:1`) as string },
  ]);
  expect(subgroup.check?.(resolveConfig(subgroup.config, {}))).toEqual([]);
});

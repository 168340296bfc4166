import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PermanentError } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changingFile } from './index.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'changing-file-'))));
afterEach(() => rm(folder, { recursive: true }));

function numbers(path: string) {
  const clock = manualClock();
  const context = testContext({ clock });
  let parsed = 0;
  const parse = (text: string) => {
    parsed++;
    if (!/^\d+$/.test(text)) throw new Error('it has no number');
    return { number: Number(text) };
  };
  return { file: changingFile({ path, parse }, context), clock, context, parsed: () => parsed };
}

it('is read again only when it has changed, and looked at once a second', async () => {
  const path = join(folder, 'n');
  await writeFile(path, '1');
  const { file, clock, parsed } = numbers(path);
  const first = await file.open();
  expect(first).toEqual({ number: 1 });
  await clock.advance(5000);
  expect(await file.current()).toBe(first);
  expect(parsed()).toBe(1);

  await writeFile(path, '22');
  await clock.advance(999);
  expect(await file.current()).toBe(first);
  await clock.advance(1);
  const many = await Promise.all([file.current(), file.current(), file.current()]);
  expect(many[0]).toEqual({ number: 22 });
  expect(new Set(many).size).toBe(1);
  expect(parsed()).toBe(2);
});

it('is followed through the links of a mounted secret', async () => {
  await writeFile(join(folder, 'v1'), '1');
  await writeFile(join(folder, 'v2'), '2');
  await symlink('v1', join(folder, 'n'));
  const { file, clock } = numbers(join(folder, 'n'));
  expect(await file.open()).toEqual({ number: 1 });
  await symlink('v2', join(folder, 'new'));
  await rename(join(folder, 'new'), join(folder, 'n'));
  await clock.advance(1000);
  expect(await file.current()).toEqual({ number: 2 });
});

it('says what it said before while it cannot be used, and the log tells it once', async () => {
  const path = join(folder, 'n');
  await writeFile(path, '1');
  const { file, clock, context } = numbers(path);
  await file.open();
  for (const change of [() => writeFile(path, 'x'), () => writeFile(path, 'xy'), () => rm(path), async () => {}]) {
    await change();
    await clock.advance(1000);
    expect(await file.current()).toEqual({ number: 1 });
  }
  await writeFile(path, '3');
  await clock.advance(1000);
  expect(await file.current()).toEqual({ number: 3 });
  expect(context.lines.map(({ level, fields }) => [level, (fields as { error?: string }).error?.slice(0, 16)])).toEqual(
    [
      ['warn', 'it has no number'],
      ['warn', 'ENOENT: no such '],
      ['info', undefined],
    ],
  );
});

it.each([
  ['there is no such file', () => join(folder, 'none')],
  ['it is a folder', () => folder],
])('says that %s', async (reason, path) => {
  const { file } = numbers(path());
  await expect(file.open()).rejects.toThrow(new PermanentError(`${path()} cannot be used: ${reason}.`));
  await expect(file.current()).rejects.toThrow(PermanentError);
});

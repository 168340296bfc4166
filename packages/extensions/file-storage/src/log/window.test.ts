import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWindow } from './window.ts';

test('a page that cannot be read is zeros, and so is what lies behind the end', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-window-'));
  const path = join(directory, 'file');
  await writeFile(path, Buffer.alloc(20_000, 1));
  await using file = await open(path, 'r');
  const broken = new Proxy(file, {
    get: (target, key) =>
      key === 'read'
        ? (into: Buffer, at: number, length: number, position: number) =>
            position < 12_288 && position + length > 8192
              ? Promise.reject(new Error('EIO: made up'))
              : target.read(into, at, length, position)
        : Reflect.get(target, key),
  }) as FileHandle;

  const window = openWindow(broken);
  const expected = Buffer.alloc(30_000);
  expected.fill(1, 0, 8192).fill(1, 12_288, 20_000);
  expect((await window.view(0, 30_000)).equals(expected)).toBe(true);
  expect((await window.copy(5, 29_000)).equals(expected.subarray(5, 29_005))).toBe(true);
  expect((await openWindow(broken).copy(8000, 9000)).equals(expected.subarray(8000, 17_000))).toBe(true);
  await rm(directory, { recursive: true });
});

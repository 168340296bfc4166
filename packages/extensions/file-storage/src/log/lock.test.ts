import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lock } from './lock.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const holder = (): ReturnType<typeof spawn> => {
  const code = `const { lock } = await import(process.argv[1]); await lock(process.argv[2]); console.log('locked'); setInterval(() => {}, 1000);`;
  const script = new URL('./lock.ts', import.meta.url).href;
  return spawn(process.execPath, ['-C', 'source', '--input-type=module', '-e', code, script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

test('one at a time, in one process and in two', async () => {
  const own = await lock(directory);
  await expect(lock(directory)).rejects.toThrow(`${directory} is in use by another process (pid ${process.pid}).`);
  await own.release();
  expect(await readdir(directory)).toEqual([]);

  const child = holder();
  await once(child.stdout!, 'data');
  await expect(lock(directory)).rejects.toThrow(`(pid ${child.pid})`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await (await lock(directory)).release();
});

/** The name of a lock of this process, in its parts. */
async function parts(): Promise<string[]> {
  const own = await lock(directory);
  const [name] = await readdir(directory);
  await own.release();
  return name!.split('.');
}

test('of many that take over at once, one gets it at most', async () => {
  const [, , place] = await parts();
  let taken = 0;
  for (let round = 0; round < 15; round++) {
    const dead = `lock-4194303.1.${place}.dead`;
    await writeFile(join(directory, dead), '');
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => lock(directory)));
    const holders = results.filter((result) => result.status === 'fulfilled');
    expect(holders.length).toBeLessThanOrEqual(1);
    taken += holders.length;
    await holders[0]?.value.release();
    // Who gets it has looked at all. Where each has met another until its time was up, the dead one may still be there.
    const left = await readdir(directory);
    expect(left.filter((name) => name !== dead || holders.length > 0)).toEqual([]);
  }
  expect(taken).toBeGreaterThan(1);
});

test('a pid that another process has now does not hold it', async () => {
  const [pid, , place] = await parts();
  await writeFile(join(directory, `${pid}.1.${place}.dead`), '');
  await (await lock(directory)).release();
  expect(await readdir(directory)).toEqual([]);
});

test('of another machine or container, it is held while it beats', { timeout: 60_000 }, async () => {
  const path = join(directory, 'lock-1.1.elsewhere.dead');
  await writeFile(path, '');
  const beat = setInterval(() => void utimes(path, new Date(), new Date()), 500);
  await expect(lock(directory)).rejects.toThrow('(pid 1)');
  clearInterval(beat);
  await (await lock(directory)).release();
});

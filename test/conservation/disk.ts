import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStored, type Stored } from '@millrace/extension-file-storage/offline';
import { numbersOf } from './items.ts';
import type { Random } from '@millrace/core/testing';

/** A place for the queue that can be filled up and damaged. */
export interface Disk {
  readonly directory: string;
  /** Whether it is a small file system of its own, which can be filled. */
  readonly isSmall: boolean;
  fill(): void;
  free(): void;
  /** Overwrites some bytes of a segment. Returns the numbers of the records that they belong to: those cannot arrive. */
  damage(random: Random): Promise<string[]>;
  remove(): void;
}

export function createDisk(mebibytes: number): Disk {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-conservation-'));
  const isSmall = mount(directory, mebibytes);
  const filler = join(directory, 'filler');
  return {
    directory,
    isSmall,
    fill() {
      const file = openSync(filler, 'a');
      const block = Buffer.alloc(64 * 1024);
      try {
        for (let written = 0; written < mebibytes * 16 + 16; written++) writeSync(file, block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    async damage(random) {
      const queues = readdirSync(directory)
        .map((name) => join(directory, name))
        .filter((path) => statSync(path).isDirectory());
      const queue = queues[0];
      if (queue === undefined) return [];
      const stored: Stored[] = [];
      for await (const one of readStored(queue)) stored.push(one);
      const segments = [...new Set(stored.map(({ segment }) => segment))];
      if (segments.length === 0) return [];
      const segment = random.pick(segments);
      const bytes = readFileSync(segment);
      const from = random.int(0, bytes.length);
      const to = Math.min(bytes.length, from + random.int(1, 300));
      for (let at = from; at < to; at++) bytes[at] = bytes[at]! ^ random.int(1, 256);
      const file = openSync(segment, 'r+');
      writeSync(file, bytes, from, to - from, from);
      fsyncSync(file);
      closeSync(file);
      const hit = stored.filter((one) => one.segment === segment && one.offset < to && one.end > from);
      return hit.flatMap(({ batch }) => (batch ? numbersOf(batch) : []));
    },
    remove() {
      if (isSmall) execFileSync('umount', ['--lazy', directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** False where this user may not: the disk is then a folder, which cannot be filled. */
function mount(directory: string, mebibytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory], { stdio: 'ignore' });
    writeFileSync(join(directory, 'probe'), '');
    rmSync(join(directory, 'probe'));
    return true;
  } catch {
    return false;
  }
}

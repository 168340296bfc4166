import { mkdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger, Storage } from '@millrace/core';
import { codeOf } from './log/disk.ts';
import { lock } from './log/lock.ts';
import { safeName } from './safe-name.ts';
import { readWhole, writeWhole } from './whole-file.ts';

export interface State extends Storage {
  /** Lets another process have it. */
  release(): Promise<void>;
}

export interface StateOptions {
  /** Its own. */
  readonly directory: string;
  readonly sync: boolean;
  /** How long to wait for another process to release it. */
  readonly waitMs: number;
  readonly log: Logger;
}

/**
 * Small state on disk, a file for each key. A value is written beside the old one and then takes its place, so that a crash
 * leaves one or the other, whole. Rejects where another process has it.
 */
export async function openState({ directory, sync, waitMs, log }: StateOptions): Promise<State> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const lease = await lock(directory, waitMs);
  // One change of a key at a time, in the order in which they were asked for.
  const turns = new Map<string, Promise<unknown>>();

  function inTurn<T>(key: string, work: (path: string) => Promise<T>): Promise<T> {
    const path = join(directory, `${safeName(key)}.state`);
    const turn = (turns.get(key) ?? Promise.resolve()).catch(() => {}).then(() => work(path));
    turns.set(key, turn);
    return turn.finally(() => turns.get(key) === turn && turns.delete(key));
  }

  return {
    get: (key) =>
      inTurn(key, async (path) => {
        const value = await readWhole(path);
        if (value !== 'damaged') return value;
        await rename(path, `${path}.bad`);
        log.warn({ file: `${path}.bad` }, 'State on disk is damaged: it begins anew.');
        return undefined;
      }),

    set: (key, value) => inTurn(key, (path) => writeWhole(path, value, { sync })),

    delete: (key) =>
      inTurn(key, async (path) => {
        await unlink(path).catch((error: unknown) => {
          if (codeOf(error) !== 'ENOENT') throw error;
        });
      }),

    async release() {
      await Promise.allSettled(turns.values());
      await lease.release();
    },
  };
}

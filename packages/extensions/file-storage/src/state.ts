import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Logger, Storage } from '@millrace/core';
import { codeOf, privateMode, realDisk, syncDirectory } from './log/disk.ts';
import { lock } from './log/lock.ts';
import { safeName } from './safe-name.ts';

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

/** Before the value: what this is, and its CRC-32, big endian. */
const magic = Buffer.from('MRS1');
const headerBytes = magic.length + 4;

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
        const bytes = await readFile(path).catch((error: unknown) => {
          if (codeOf(error) === 'ENOENT') return undefined;
          throw error;
        });
        if (!bytes) return undefined;
        const value = valueOf(bytes);
        if (value) return value;
        await rename(path, `${path}.bad`);
        log.warn({ file: `${path}.bad` }, 'State on disk is damaged: it begins anew.');
        return undefined;
      }),

    set: (key, value) =>
      inTurn(key, async (path) => {
        const unfinished = `${path}.new`;
        const file = await open(unfinished, 'w', privateMode);
        try {
          await file.writeFile(withHeader(value));
          if (sync) await file.datasync();
        } finally {
          await file.close();
        }
        await rename(unfinished, path);
        if (sync) await syncDirectory(realDisk, directory);
      }),

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

function withHeader(value: Uint8Array): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32BE(crc32(value), magic.length);
  return Buffer.concat([header, value]);
}

function valueOf(bytes: Buffer): Buffer | undefined {
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  const value = bytes.subarray(headerBytes);
  return crc32(value) === bytes.readUInt32BE(magic.length) ? value : undefined;
}

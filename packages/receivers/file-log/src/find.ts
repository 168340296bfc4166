import { statSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import glob from 'fast-glob';

/** A file that is there. */
export interface Found {
  readonly path: string;
  /** Device and inode. */
  readonly file: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  readonly owner: { readonly uid: number; readonly gid: number };
}

export interface FindConfig {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** File systems may have clocks of their own, and coarse ones. */
const clockSlackMs = 2_000;
const longestMs = 10_000;
/** Of the time, at most a part of this is spent looking through directories. */
const costPart = 20;
const sliceMs = 5;

/** Looks for files, and at them. A file under several names is there under the first. */
export function createFinder({ include, exclude }: FindConfig): () => Promise<readonly Found[]> {
  const shallow = include.every((pattern) => !glob.isDynamicPattern(dirname(pattern)));
  const directories = [...new Set(include.map((pattern) => dirname(pattern)))];
  let paths: readonly string[] = [];
  let state = '';
  let begun = -Infinity;
  let cost = 0;

  /** A directory's time of change says whether it has other names in it than before. */
  function directoryState(): string | undefined {
    if (!shallow) return undefined;
    let text = '';
    for (const directory of directories) {
      const stats = statSync(directory, { throwIfNoEntry: false, bigint: true });
      if (stats && Number(stats.mtimeMs) > Date.now() - clockSlackMs) return undefined;
      text += `${stats?.ino}:${stats?.mtimeNs} `;
    }
    return text;
  }

  async function refresh(): Promise<void> {
    const now = performance.now();
    if (!shallow && now - begun < cost * costPart) return;
    const next = directoryState();
    if (next !== undefined && next === state && now - begun < longestMs) return;
    begun = now;
    const found = await glob([...include], {
      ignore: [...exclude],
      dot: true,
      suppressErrors: true,
      followSymbolicLinks: true,
      onlyFiles: false,
      unique: true,
    });
    paths = found.sort();
    state = next ?? '';
    cost = performance.now() - now;
  }

  return async () => {
    await refresh();
    const files = new Map<string, Found>();
    let sliceEnd = performance.now() + sliceMs;
    for (const path of paths) {
      const stats = statOf(path);
      if (stats?.isFile()) {
        const file = `${stats.dev}:${stats.ino}`;
        if (!files.has(file))
          files.set(file, {
            path,
            file,
            size: Number(stats.size),
            modified: Number(stats.mtimeNs) / 1e6,
            owner: { uid: Number(stats.uid), gid: Number(stats.gid) },
          });
      }
      if (performance.now() < sliceEnd) continue;
      await setImmediate();
      sliceEnd = performance.now() + sliceMs;
    }
    return [...files.values()];
  };
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // a directory on the way to it cannot be entered any more
  }
}

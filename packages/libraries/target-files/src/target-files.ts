import { readFile, stat } from 'node:fs/promises';
import { type Clock, type Logger, type StateLog, stateLog, withFields } from '@millrace/core';
import { createRefresher, type Refresher } from '@millrace/polling';
import glob from 'fast-glob';
import { parseTargetFile, TargetFileError, type TargetGroup } from './parse.ts';

export interface TargetFilesOptions {
  /** Paths and globs. */
  readonly patterns: readonly string[];
  /** After this time files are read again even if nothing seems to have changed. Default: never. */
  readonly refreshIntervalMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when what the files say has changed, with all of it. */
  found(groups: readonly TargetGroup[]): void;
}

/** The files of targets, to be looked at. */
export type FileTargets = Refresher;

/** A change is seen at the latest after this time, whatever the file system and however a mounted file is exchanged. */
export const lookEveryMs = 5_000;

/** Of a file; more is an error of the file. */
const mostBytes = 64 * 1024 * 1024;

interface KnownFile {
  version: string;
  groups: readonly TargetGroup[];
  readonly state: StateLog;
}

/** The targets that files say. A file that cannot be read keeps the targets that it said last; one that is gone takes them along. */
export function targetFiles(options: TargetFilesOptions): FileTargets {
  const { patterns, refreshIntervalMs = Number.POSITIVE_INFINITY, clock, log, found } = options;
  const files = new Map<string, KnownFile>();
  const listing = stateLog(log);
  let readAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const again = clock.now() - readAt >= refreshIntervalMs;
    if (again) readAt = clock.now();
    let changed = false;
    const paths = await glob([...patterns], { unique: true, dot: true });
    listing.fine('Files of targets can be looked for again.');
    for (const path of paths.sort()) if (await lookAt(path, again)) changed = true;
    for (const path of files.keys())
      if (!paths.includes(path)) {
        files.delete(path);
        changed = true;
      }
    if (changed) found([...files.values()].flatMap(({ groups }) => groups));
  }

  /** Whether it says something else than before. */
  async function lookAt(path: string, again: boolean): Promise<boolean> {
    let file = files.get(path);
    if (!file) {
      file = { version: '', groups: [], state: stateLog(withFields(log, { file: path })) };
      files.set(path, file);
    }
    try {
      const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true });
      const version = [mtimeNs, ctimeNs, size, ino].join();
      if (version === file.version && !again) return false;
      if (size > mostBytes) throw new TargetFileError(`It has more than ${mostBytes} bytes.`);
      const groups = parseTargetFile(path, await readFile(path, 'utf8'));
      const isNew = JSON.stringify(groups) !== JSON.stringify(file.groups);
      file.version = version;
      file.groups = groups;
      file.state.fine('A file of targets can be used again.');
      return isNew;
    } catch (error) {
      file.state.trouble('A file of targets cannot be used; what it said before still holds.', error);
      return false;
    }
  }

  return createRefresher(
    () => look().catch((error: unknown) => listing.trouble('Files of targets cannot be looked for.', error)),
    { clock, everyMs: Math.min(lookEveryMs, refreshIntervalMs) },
  );
}

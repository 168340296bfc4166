import { readFile, stat } from 'node:fs/promises';
import { type Clock, type Logger, type StateLog, stateLog, withFields } from '@millrace/core';
import glob from 'fast-glob';
import type { TargetGroup } from '../config/job.ts';
import { parseTargetFile, TargetFileError } from './target-file.ts';

export interface FileDiscoveryOptions {
  readonly patterns: readonly string[];
  readonly refreshIntervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when what the files say has changed, with all of it. */
  found(groups: readonly TargetGroup[]): void;
}

export interface FileDiscovery {
  /** Looks now. Never rejects. */
  refresh(): Promise<void>;
  /** Looks again and again, until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

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
export function fileDiscovery(options: FileDiscoveryOptions): FileDiscovery {
  const { patterns, clock, log, found } = options;
  const files = new Map<string, KnownFile>();
  const listing = stateLog(log);
  let looking: Promise<void> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const again = clock.now() - readAt >= options.refreshIntervalMs;
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

  const refresh = (): Promise<void> =>
    (looking ??= look()
      .catch((error: unknown) => listing.trouble('Files of targets cannot be looked for.', error))
      .finally(() => (looking = undefined)));

  return {
    refresh,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await clock.sleep(Math.min(lookEveryMs, options.refreshIntervalMs), signal);
        } catch {
          return;
        }
        await refresh();
      }
    },
  };
}

import { readFile, stat } from 'node:fs/promises';
import { type Logger, type StateLog, stateLog, withFields } from '@millrace/core';
import glob from 'fast-glob';
import { parseTargetFile, TargetFileError, type TargetGroup } from './target-file.ts';

/** Of a file; more is an error of the file. */
const mostBytes = 16 * 1024 * 1024;

interface KnownFile {
  version: string;
  groups: readonly TargetGroup[];
  readonly state: StateLog;
}

/**
 * Reads what files say, those that have changed. One that cannot be read keeps what it said last; one that is gone takes it along.
 * Rejects if files cannot be looked for.
 */
export function fileTargets(patterns: readonly string[], log: Logger): () => Promise<readonly TargetGroup[]> {
  const files = new Map<string, KnownFile>();

  async function read(path: string): Promise<void> {
    let file = files.get(path);
    if (!file) {
      file = { version: '', groups: [], state: stateLog(withFields(log, { file: path })) };
      files.set(path, file);
    }
    try {
      const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true });
      const version = [mtimeNs, ctimeNs, size, ino].join();
      if (version === file.version) return;
      if (size > mostBytes) throw new TargetFileError(`It has more than ${mostBytes} bytes.`);
      file.groups = parseTargetFile(path, await readFile(path, 'utf8'));
      file.version = version;
      file.state.fine('A file of targets can be used again.');
    } catch (error) {
      file.state.trouble('A file of targets cannot be used; what it said before still holds.', error);
    }
  }

  return async () => {
    const paths = await glob([...patterns], { unique: true, dot: true });
    for (const path of paths.sort()) await read(path);
    for (const path of files.keys()) if (!paths.includes(path)) files.delete(path);
    return [...files.values()].flatMap(({ groups }) => groups);
  };
}

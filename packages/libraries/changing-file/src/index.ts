import { readFile, stat } from 'node:fs/promises';
import type { Context } from '@millrace/core';
import { describeError, PermanentError, stateLog } from '@millrace/core';

export interface ChangingFile<T> {
  /** Reads it. Rejects with a PermanentError if it cannot be read or has not what it should have. */
  open(): Promise<T>;
  /**
   * What it says, as of a second ago at most; the same object while it stays the same. If it cannot be read any more, or has
   * not what it should have, what it said before, and the log tells it once.
   */
  current(): Promise<T>;
}

export interface FileUse<T> {
  readonly path: string;
  /** What to make of its text. Throws if that is not right; the message must not tell secrets. */
  parse(text: string): T;
}

const lookEveryMs = 1000;

/**
 * Looks at the file when someone asks, not with a watch: a mounted Kubernetes secret changes by a link in a folder above it,
 * which watches of the file do not see.
 */
export function changingFile<T>(
  { path, parse }: FileUse<T>,
  { clock, log }: Pick<Context, 'clock' | 'log'>,
): ChangingFile<T> {
  const state = stateLog(log);
  let known: { readonly value: T; readonly version: string } | undefined;
  let looking: Promise<T> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<T> {
    const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true });
    const version = [mtimeNs, ctimeNs, size, ino].join();
    if (known?.version !== version) known = { value: parse(await readFile(path, 'utf8')), version };
    return known.value;
  }

  async function lookAgain(): Promise<T> {
    lookedAt = clock.now();
    try {
      const value = await look();
      state.fine(`${path} can be used again.`);
      return value;
    } catch (error) {
      if (!known) throw unusable(path, error);
      state.trouble(`${path} cannot be used; what it said before still holds.`, error);
      return known.value;
    }
  }

  return {
    async open() {
      lookedAt = clock.now();
      try {
        return await look();
      } catch (error) {
        throw unusable(path, error);
      }
    },
    async current() {
      if (!looking && known && clock.now() - lookedAt < lookEveryMs) return known.value;
      looking ??= lookAgain().finally(() => (looking = undefined));
      return looking;
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

function unusable(path: string, error: unknown): PermanentError {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? describeError(error);
  return new PermanentError(`${path} cannot be used: ${reason}.`, { cause: error });
}

import { closeSync, constants, openSync, readFileSync, readSync, statfsSync } from 'node:fs';
import { parseOpenFilesLimit } from './limits.ts';

/** A file that is read at every scan. */
export interface ProcFile {
  readonly path: string;
  /** Open between scans, or -1. */
  fd: number;
}

export const procFile = (path: string): ProcFile => ({ path, fd: -1 });

/** Reads files of /proc into one buffer. For files that cannot block only. */
export interface ProcFiles {
  readonly buffer: Uint8Array;
  /** Bytes of the file that are now in the buffer. The file stays open where there is room. Throws as node:fs does. */
  read(file: ProcFile): number;
  /** The same for a file that is read once. */
  readOnce(path: string): number;
  close(file: ProcFile): void;
}

// statfs(2): PROC_SUPER_MAGIC
const procMagic = 0x9fa0;

/**
 * How many files below `proc` may stay open: as many as asked for, and half of what this process may open at most. In a tree
 * that is no real /proc none: a file that is replaced would never be seen.
 */
export const openFileRoom = (proc: string, asked: number): number =>
  asked === 0 || !isProc(proc) ? 0 : Math.min(asked, Math.floor(openFilesLimit() / 2));

/**
 * An open file of /proc is written anew at each read from its start, for less than half of what opening it again costs
 * (9 and 19 ms for the stat of 1,000 processes), and never speaks of another process that was given the same id: it answers
 * ESRCH. Each costs a descriptor and about 5 kB in the kernel, so at most `maxOpen` stay open.
 */
export function procFiles(maxOpen: number): ProcFiles {
  const buffer = new Uint8Array(1 << 14);
  let room = maxOpen;

  return {
    buffer,
    read(file) {
      if (file.fd >= 0) return readSync(file.fd, buffer, 0, buffer.length, 0);
      const fd = openSync(file.path, constants.O_RDONLY);
      let length = -1;
      try {
        length = readSync(fd, buffer, 0, buffer.length, 0);
      } finally {
        if (length >= 0 && room > 0) {
          room--;
          file.fd = fd;
        } else {
          closeSync(fd);
        }
      }
      return length;
    },
    readOnce(path) {
      const fd = openSync(path, constants.O_RDONLY);
      try {
        return readSync(fd, buffer, 0, buffer.length, 0);
      } finally {
        closeSync(fd);
      }
    },
    close(file) {
      if (file.fd < 0) return;
      closeSync(file.fd);
      file.fd = -1;
      room++;
    },
  };
}

function isProc(path: string): boolean {
  try {
    return statfsSync(path).type === procMagic;
  } catch {
    return false;
  }
}

function openFilesLimit(): number {
  try {
    return parseOpenFilesLimit(readFileSync('/proc/self/limits', 'latin1')) ?? Number.POSITIVE_INFINITY;
  } catch {
    return 0;
  }
}

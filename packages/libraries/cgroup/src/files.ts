import { closeSync, constants, openSync, readSync, statfsSync, readFileSync } from 'node:fs';

/** A file of a cgroup. */
export interface CgroupFile {
  readonly path: string;
  /** Open between readings, or -1. */
  fd: number;
  /** Readings for which it is taken not to be there. */
  skip: number;
}

export const cgroupFile = (path: string): CgroupFile => ({ path, fd: -1, skip: 0 });

/** Of a file that is open: its cgroup was removed. */
export class RemovedError extends Error {
  override readonly name = 'RemovedError';
}

/** Reads files of cgroups into one buffer. */
export interface CgroupFiles {
  /** Grows where a file needs it. */
  buffer: Buffer;
  /** Files that are open now. */
  readonly open: number;
  /**
   * Bytes of the file that are now in the buffer; -1 where the kernel has no such file. Throws a RemovedError for an
   * open file of a cgroup that was removed, and as node:fs does where it may not be read.
   */
  read(file: CgroupFile): number;
  close(file: CgroupFile): void;
}

/** A file that is not there comes when its controller is enabled (version 2), which is looked for this rarely. */
const readingsBetweenLooks = 60;

/**
 * Reading a file again that is open takes 2 µs (memory.stat 11), opening it for that 9.5 (19). An open file costs the kernel
 * about 5 kB; it does not keep a cgroup from being removed, and then answers ENODEV, even if one of the same name was made.
 */
export function cgroupFiles(maxOpen: number): CgroupFiles {
  let open = 0;

  const files: CgroupFiles = {
    buffer: Buffer.allocUnsafeSlow(1 << 14),
    get open() {
      return open;
    },
    read(file) {
      if (file.fd >= 0) {
        try {
          return readWhole(file.fd);
        } catch (error) {
          if (codeOf(error) === 'ENODEV') throw new RemovedError();
          return unreadable(file, error);
        }
      }
      if (file.skip > 0) {
        file.skip--;
        return -1;
      }
      let fd: number;
      try {
        fd = openSync(file.path, constants.O_RDONLY);
      } catch (error) {
        return unreadable(file, error);
      }
      let keep = false;
      try {
        const length = readWhole(fd);
        keep = open < maxOpen;
        return length;
      } catch (error) {
        return unreadable(file, error);
      } finally {
        if (keep) {
          open++;
          file.fd = fd;
        } else closeSync(fd);
      }
    },
    close(file) {
      file.skip = 0;
      if (file.fd < 0) return;
      closeSync(file.fd);
      file.fd = -1;
      open--;
    },
  };

  // The kernel gives such a file in one piece if there is room for it.
  function readWhole(fd: number): number {
    for (;;) {
      const { buffer } = files;
      const length = readSync(fd, buffer, 0, buffer.length, 0);
      if (length < buffer.length) return length;
      files.buffer = Buffer.allocUnsafeSlow(buffer.length * 2);
    }
  }

  function unreadable(file: CgroupFile, error: unknown): number {
    if (!absent.has(codeOf(error))) throw error;
    files.close(file);
    file.skip = readingsBetweenLooks;
    return -1;
  }

  return files;
}

/**
 * ENOENT: no such file. ENODEV: removed this moment. EOPNOTSUPP: the kernel was started with psi=0 (the pressure files), or the
 * controller has it switched off. EINVAL, EIO: of files that have nothing to say.
 */
const absent: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENODEV',
  'ENOTDIR',
  'EOPNOTSUPP',
  'ENOTSUP',
  'EINVAL',
  'EIO',
  'EISDIR',
]);

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

// statfs(2): CGROUP_SUPER_MAGIC and CGROUP2_SUPER_MAGIC
const cgroupMagic: ReadonlySet<number> = new Set([0x27e0eb, 0x63677270]);

/**
 * How many files may stay open below these folders: as many as asked for, and at most half of what this process may open.
 * In a tree that is no real cgroupfs none: a file there may be replaced by another.
 */
export function openFileRoom(folders: readonly string[], asked: number): number {
  if (asked === 0 || !folders.every(isCgroupfs)) return 0;
  return Math.min(asked, Math.floor(openFilesLimit() / 2));
}

function isCgroupfs(folder: string): boolean {
  try {
    return cgroupMagic.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? 0);
  } catch {
    return 0;
  }
}

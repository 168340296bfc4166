import * as files from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The file system as the log uses it; a test gives one that fails. */
export type Disk = Pick<typeof files, 'open' | 'readdir' | 'rename' | 'stat' | 'unlink'>;
export const realDisk: Disk = files;

/** Telemetry is nobody else's business. */
export const privateMode = 0o600;

/** Makes a directory, and those above it that are missing, so that they last. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  const highest = await files.mkdir(path, { recursive: true, mode });
  if (highest === undefined) return;
  for (let made = resolve(path); ; made = dirname(made)) {
    await syncDirectory(realDisk, dirname(made));
    if (made === resolve(highest) || made === dirname(made)) return;
  }
}

/** Makes what was created or removed in a directory last. */
export async function syncDirectory(disk: Disk, directory: string): Promise<void> {
  const handle = await disk.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of them at a position, however often the kernel takes only a part. */
export async function writeAll(file: FileHandle, chunks: Uint8Array[], position: number): Promise<void> {
  let rest = chunks;
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, at);
    at += bytesWritten;
    rest = without(rest, bytesWritten);
    if (bytesWritten === 0 && rest.length > 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' });
  }
}

function without(chunks: Uint8Array[], written: number): Uint8Array[] {
  let left = written;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}

const spaceCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether it failed for want of space: that passes by itself when there is room again. */
export const isNoSpace = (error: unknown): boolean => spaceCodes.has(codeOf(error) ?? '');
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

import type { FileHandle } from 'node:fs/promises';
import { frameSize } from './frame.ts';

const pageSize = 4096;

/** A file read forward through one buffer. What cannot be read (a bad sector, a file cut short) is zeros. */
export interface Window {
  /** Whether something could not be read because the disk failed. */
  readonly failed: boolean;
  /** What there is of the file from this offset on: a frame at least, unless `limit` is nearer. Valid until the next call. */
  view(offset: number, limit: number): Promise<Buffer>;
  /** A copy. */
  copy(offset: number, length: number): Promise<Buffer>;
}

export function openWindow(file: FileHandle, size = 256 * 1024): Window {
  const buffer = Buffer.allocUnsafeSlow(size);
  let start = 0;
  let end = 0;
  let failed = false;

  /** The bytes from offset that are in memory. */
  const held = (offset: number): Buffer =>
    offset >= start && offset < end ? buffer.subarray(offset - start, end - start) : buffer.subarray(0, 0);

  async function readOrZero(into: Buffer, from: number): Promise<void> {
    let done = 0;
    while (done < into.length) {
      const { bytesRead } = await readSome(into.subarray(done), from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    into.fill(0, done);
  }

  /** Where a read fails, reads less; a page that alone cannot be read counts as read, and is zeros. */
  async function readSome(into: Buffer, from: number): Promise<{ bytesRead: number }> {
    try {
      return await file.read(into, 0, into.length, from);
    } catch {
      const page = into.subarray(0, pageSize - (from % pageSize));
      if (page.length < into.length) return readSome(page, from);
      failed = true;
      return { bytesRead: page.fill(0).length };
    }
  }

  return {
    get failed() {
      return failed;
    },
    async view(offset, limit) {
      const have = held(offset);
      if (have.length >= Math.min(frameSize, limit - offset)) return have.subarray(0, limit - offset);
      const length = Math.min(size, limit - offset);
      end = 0;
      await readOrZero(buffer.subarray(0, length), offset);
      start = offset;
      end = offset + length;
      return held(offset);
    },
    async copy(offset, length) {
      const bytes = Buffer.allocUnsafeSlow(length);
      const copied = held(offset).copy(bytes);
      if (copied < length) await readOrZero(bytes.subarray(copied), offset + copied);
      return bytes;
    },
  };
}

import type { FileHandle } from 'node:fs/promises';
import type { Framing } from './frame.ts';

const searchSize = 64 * 1024;

/** How much of a file are whole records: a crash in the middle of a write leaves a part of one behind. */
export const wholeSize = (file: FileHandle, size: number, framing: Framing): Promise<number> =>
  framing === 'lines' ? afterLastLine(file, size) : afterLastFrame(file, size);

async function afterLastLine(file: FileHandle, size: number): Promise<number> {
  const bytes = Buffer.alloc(searchSize);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - searchSize);
    const { bytesRead } = await file.read(bytes, 0, end - start, start);
    const at = bytes.lastIndexOf(10, bytesRead - 1);
    if (bytesRead > 0 && at >= 0 && at < bytesRead) return start + at + 1;
    end = start;
  }
  return 0;
}

async function afterLastFrame(file: FileHandle, size: number): Promise<number> {
  const length = Buffer.alloc(4);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(length, 0, 4, at);
    const next = at + 4 + length.readUInt32BE();
    if (bytesRead < 4 || next > size) return at;
    at = next;
  }
}

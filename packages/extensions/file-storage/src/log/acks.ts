import { constants } from 'node:fs';
import { crc32 } from 'node:zlib';
import { privateMode, writeAll } from './disk.ts';
import type { Disk } from './disk.ts';
import { uint32Max } from './frame.ts';
import type { Range } from './ranges.ts';

/**
 * What is acknowledged of a segment stands beside it, in a file of ranges of 24 bytes that only grows: start, end, records,
 * items, the segment's salt, CRC-32 of these. It is written without fsync. What is lost or damaged of it is delivered again;
 * the salt keeps it from ever speaking for another segment.
 */
const rangeSize = 24;

/** The bytes of the file; none where it cannot be read. */
export async function readAcks(disk: Disk, path: string): Promise<Buffer> {
  try {
    const file = await disk.open(path, 'r');
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** The sound ranges. */
export function decodeAcks(bytes: Buffer, salt: number): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at + rangeSize <= bytes.length; at += rangeSize) {
    if (bytes.readUInt32LE(at + 16) !== salt) continue;
    if (crc32(bytes.subarray(at, at + 20)) !== bytes.readUInt32LE(at + 20)) continue;
    const [start, end] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    if (start < end)
      ranges.push({ start, end, records: bytes.readUInt32LE(at + 8), items: bytes.readUInt32LE(at + 12) });
  }
  return ranges;
}

function encodeAcks(ranges: readonly Range[], salt: number): Buffer {
  const bytes = Buffer.alloc(ranges.length * rangeSize);
  for (const [index, { start, end, records, items }] of ranges.entries()) {
    const at = index * rangeSize;
    for (const [field, value] of [start, end, records, Math.min(items, uint32Max), salt].entries())
      bytes.writeUInt32LE(value, at + 4 * field);
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 20)), at + 20);
  }
  return bytes;
}

/** Appends at `position`, which is where the last whole range ends, and returns the new end. */
export async function appendAcks(
  disk: Disk,
  path: string,
  what: { readonly ranges: readonly Range[]; readonly salt: number; readonly position: number },
): Promise<number> {
  const bytes = encodeAcks(what.ranges, what.salt);
  const file = await disk.open(path, constants.O_WRONLY | constants.O_CREAT, privateMode);
  try {
    await writeAll(file, [bytes], what.position);
  } finally {
    await file.close();
  }
  return what.position + bytes.length;
}

export const wholeRanges = (bytes: number): number => bytes - (bytes % rangeSize);

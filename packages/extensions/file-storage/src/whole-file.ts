import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { codeOf, privateMode, realDisk, syncDirectory } from './log/disk.ts';

/** Before the value: what this is, and its CRC-32, big endian. */
const magic = Buffer.from('MRS1');
const headerBytes = magic.length + 4;

/** The value, `damaged` where the file holds none, undefined where there is no file. */
export async function readWhole(path: string): Promise<Buffer | 'damaged' | undefined> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return 'damaged';
  const value = bytes.subarray(headerBytes);
  return crc32(value) === bytes.readUInt32BE(magic.length) ? value : 'damaged';
}

/** Writes it beside the old one and puts it in its place, so that a crash leaves one or the other, whole. */
export async function writeWhole(path: string, value: Uint8Array, { sync }: { sync: boolean }): Promise<void> {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32BE(crc32(value), magic.length);
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w', privateMode);
  try {
    await file.writeFile(Buffer.concat([header, value]));
    if (sync) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  if (sync) await syncDirectory(realDisk, dirname(path));
}

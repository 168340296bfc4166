import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A segment is one header frame, any number of records (a frame, then the payload), and, once it was closed in order, one
 * footer frame. A frame is 24 bytes, little-endian:
 *
 *      0  "mrq", then the kind: "H" header, "R" record, "F" footer
 *      4  salt: a random number, the same in all frames of a segment. So no payload can pass for a record
 *      8  header: version of the format      record: bytes of the payload    footer: records in this segment
 *     12  header: seconds since the epoch    record: items in it             footer: items in this segment
 *     16  header: 0                          record: CRC-32 of the payload   footer: its own offset
 *     20  CRC-32 of these 20 bytes
 */
export interface Frame {
  readonly kind: 'header' | 'record' | 'footer';
  readonly salt: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

export const frameSize = 24;
/** Never 0, so that no frame of zeros has it. */
export const newSalt = (): number => randomInt(1, uint32Max);
export const formatVersion = 1;
/** What every frame begins with. */
export const mark = Buffer.from('mrq');
export const uint32Max = 0xffff_ffff;

const letters = { header: 'H'.charCodeAt(0), record: 'R'.charCodeAt(0), footer: 'F'.charCodeAt(0) };

/** The three frames of a segment, ready to be written. */
export const headerFrame = (salt: number): Buffer =>
  encodeFrame({ kind: 'header', salt, a: formatVersion, b: clamp(Math.floor(Date.now() / 1000)), c: 0 });
export const recordFrame = (salt: number, record: { length: number; items: number; checksum: number }): Buffer =>
  encodeFrame({ kind: 'record', salt, a: record.length, b: record.items, c: record.checksum });
export const footerFrame = (salt: number, at: { records: number; items: number; offset: number }): Buffer =>
  encodeFrame({ kind: 'footer', salt, a: at.records, b: clamp(at.items), c: at.offset });

const clamp = (value: number): number => Math.min(value, uint32Max);

function encodeFrame({ kind, salt, a, b, c }: Frame): Buffer {
  const frame = Buffer.allocUnsafe(frameSize);
  mark.copy(frame);
  frame[3] = letters[kind];
  frame.writeUInt32LE(salt, 4);
  frame.writeUInt32LE(a, 8);
  frame.writeUInt32LE(b, 12);
  frame.writeUInt32LE(c, 16);
  frame.writeUInt32LE(crc32(frame.subarray(0, 20)), 20);
  return frame;
}

/** The frame at `at`, if there is a whole and sound one of this salt, or of any where it is not known. */
export function decodeFrame(bytes: Buffer, at: number, salt: number | undefined): Frame | undefined {
  if (at + frameSize > bytes.length) return;
  if (bytes[at] !== mark[0] || bytes[at + 1] !== mark[1] || bytes[at + 2] !== mark[2]) return;
  const kind = kindOf(bytes[at + 3]);
  const own = bytes.readUInt32LE(at + 4);
  if (kind === undefined || (salt !== undefined && own !== salt)) return;
  if (crc32(bytes.subarray(at, at + 20)) !== bytes.readUInt32LE(at + 20)) return;
  const [a, b, c] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16)];
  return { kind, salt: own, a, b, c };
}

function kindOf(letter: number | undefined): Frame['kind'] | undefined {
  if (letter === letters.record) return 'record';
  if (letter === letters.footer) return 'footer';
  if (letter === letters.header) return 'header';
  return undefined;
}

/** CRC-32 of the chunks as if they were one. */
export function checksum(chunks: readonly Uint8Array[]): number {
  let sum = 0;
  for (const chunk of chunks) sum = crc32(chunk, sum);
  return sum;
}

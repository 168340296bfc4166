import type { ZlibOptions, ZstdOptions } from 'node:zlib';
import { constants, gunzip, gunzipSync, inflate, inflateSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { describeError } from '@millrace/core';
import { malformed, tooLarge } from './refusal.ts';

export type Encoding = 'gzip' | 'zstd' | 'deflate';

type Callback = (error: Error | null, result: Buffer) => void;
interface Decoder {
  sync(bytes: Uint8Array, options: ZlibOptions & ZstdOptions): Buffer;
  async(bytes: Uint8Array, options: ZlibOptions & ZstdOptions, callback: Callback): void;
}

const decoders: Readonly<Record<Encoding, Decoder>> = {
  gzip: { sync: gunzipSync, async: gunzip },
  zstd: { sync: zstdDecompressSync, async: zstdDecompress },
  deflate: { sync: inflateSync, async: inflate },
};

/**
 * What is done at once: a thread costs two to four times the CPU, and this takes about two milliseconds. Checking the same
 * bytes afterwards takes longer.
 */
const syncBytes = 1024 * 1024;

/** A frame may ask for a window of 128 MiB before its first byte: RFC 8878 (3.1.1.1.2) has 8 MiB as what all must take. */
const zstdParams = { [constants.ZSTD_d_windowLogMax]: 23 };

/** Stops where the output passes the limit; without an encoding there is nothing to do. Throws, or rejects with, a Refusal. */
export function decompress(
  bytes: Buffer,
  { encoding, limit }: { encoding: Encoding | undefined; limit: number },
): Buffer | Promise<Buffer> {
  if (!encoding) return bytes;
  const decoder = decoders[encoding];
  const expected = Math.min(expectedSize(bytes, encoding), limit);
  // Each further chunk is a round more. One that is just full would make another that stays empty.
  const options = {
    chunkSize: Math.max(1024, expected + 64),
    ...(encoding === 'zstd' && { params: zstdParams }),
  };
  const explain = (error: unknown): Error =>
    isTooLarge(error) ? tooLarge(limit) : malformed(`The request is not ${encoding}: ${describeError(error)}.`);
  if (expected <= syncBytes) {
    try {
      return decoder.sync(bytes, { ...options, maxOutputLength: Math.min(limit, syncBytes) });
    } catch (error) {
      // It is more than it said: that must not hold up everybody else.
      if (!isTooLarge(error) || limit <= syncBytes) throw explain(error);
    }
  }
  return new Promise((resolve, reject) => {
    decoder.async(bytes, { ...options, maxOutputLength: limit }, (error, result) =>
      error ? reject(explain(error)) : resolve(result),
    );
  });
}

const isTooLarge = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';

/** OTLP compresses to a quarter at the worst, and to a hundredth at the best. */
const usualRatio = 4;
const bestRatio = 100;

/** What the compressed bytes say that they will be, as far as that is to be believed. */
function expectedSize(bytes: Buffer, encoding: Encoding): number {
  const said = encoding === 'gzip' ? gzipSize(bytes) : encoding === 'zstd' ? zstdSize(bytes) : undefined;
  return said === undefined ? bytes.length * usualRatio : Math.min(said, bytes.length * bestRatio);
}

/** https://www.rfc-editor.org/rfc/rfc1952, ISIZE. */
const gzipSize = (bytes: Buffer): number | undefined =>
  bytes.length < 18 ? undefined : bytes.readUInt32LE(bytes.length - 4);

/** https://www.rfc-editor.org/rfc/rfc8878, Frame_Content_Size. Most writers of streams leave it out. */
function zstdSize(bytes: Buffer): number | undefined {
  if (bytes.length < 18) return undefined;
  const descriptor = bytes[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return isSingleSegment ? bytes[at] : undefined;
    case 1:
      return bytes.readUInt16LE(at) + 256;
    case 2:
      return bytes.readUInt32LE(at);
    default:
      return Number(bytes.readBigUInt64LE(at));
  }
}

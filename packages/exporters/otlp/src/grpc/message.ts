import { gunzipSync, zstdDecompressSync } from 'node:zlib';

const maxOutputLength = 64 * 1024;

/** The message of a unary answer: takes off the prefix, and what it was compressed with. Throws what is not one message. */
export function unwrap(body: Buffer, encoding: string): Uint8Array {
  if (body.length < 5) throw new RangeError(body.length === 0 ? 'it has no message' : 'its message is cut');
  const size = body.readUInt32BE(1);
  const message = body.subarray(5);
  if (message.length !== size) throw new RangeError(`its message has ${message.length} bytes instead of ${size}`);
  if (body[0] === 0) return message;
  if (encoding === 'gzip') return gunzipSync(message, { maxOutputLength });
  if (encoding === 'zstd') return zstdDecompressSync(message, { maxOutputLength });
  throw new RangeError(`its message is compressed with ${encoding}`);
}

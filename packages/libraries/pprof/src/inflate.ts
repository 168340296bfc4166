import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { ProfileError } from './error.ts';

const gzipMagic = 0x1f8b;
const zstdMagic = 0x28b52ffd;
/** Deflate makes of a byte at most this many. */
const deflateRatio = 1032;
/** Each takes 20 microseconds, even if it is empty. */
const maxZstdFrames = 16_384;

/** The profile itself: inflated if it is gzip (of any number of members) or zstd. Never makes more than `maxBytes`. */
export function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 2 && view.getUint16(0) === gzipMagic) return gunzip(bytes, maxBytes);
  if (bytes.length >= 4 && view.getUint32(0) === zstdMagic) return unzstd(bytes, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  // The last four bytes are the size of the last member: of the whole content, mostly, which then needs one buffer only.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stated = bytes.length < 18 ? 0 : view.getUint32(bytes.length - 4, true);
  const chunkSize = Math.max(0x4000, Math.min(stated, bytes.length * deflateRatio, maxBytes) + 1);
  try {
    const { buffer, engine } = informed(gunzipSync(bytes, { maxOutputLength: maxBytes, chunkSize, info: true }));
    if (engine.bytesWritten < bytes.length)
      throw new ProfileError(
        `The gzip data ends at byte ${engine.bytesWritten}, but the file has ${bytes.length} bytes.`,
      );
    return buffer;
  } catch (error) {
    throw inflateError(error, { format: 'gzip', maxBytes });
  }
}

function unzstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const frames: Uint8Array[] = [];
  let at = 0;
  let size = 0;
  let count = 0;
  try {
    // Node reads one frame at a time.
    while (at < bytes.length) {
      const options = { maxOutputLength: maxBytes, info: true };
      const { buffer, engine } = informed(zstdDecompressSync(bytes.subarray(at), options));
      if (engine.bytesWritten === 0) throw new ProfileError(`The zstd data is damaged at byte ${at}.`);
      at += engine.bytesWritten;
      size += buffer.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (++count > maxZstdFrames) throw new ProfileError(`The zstd data has more than ${maxZstdFrames} frames.`);
      if (buffer.length > 0) frames.push(buffer);
    }
  } catch (error) {
    throw inflateError(error, { format: 'zstd', maxBytes });
  }
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** What zlib returns with `info: true`; its types do not know. https://nodejs.org/api/zlib.html#class-options */
const informed = (result: unknown): { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } } =>
  result as ReturnType<typeof informed>;

function inflateError(error: unknown, { format, maxBytes }: { format: string; maxBytes: number }): ProfileError {
  if (error instanceof ProfileError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes);
  if (code === 'Z_BUF_ERROR') return new ProfileError(`The ${format} data is cut off.`, { cause: error });
  return new ProfileError(`The ${format} data is damaged: ${message}.`, { cause: error });
}

const tooLarge = (maxBytes: number): ProfileError =>
  new ProfileError(`The profile is larger than ${maxBytes} bytes; maxBytes allows no more.`);

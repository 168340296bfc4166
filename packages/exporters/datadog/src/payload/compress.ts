import { promisify } from 'node:util';
import type { InputType } from 'node:zlib';
import { deflate } from 'node:zlib';
import { compress } from '@millrace/http-client';

export type Compression = 'zstd' | 'gzip' | 'deflate' | 'none';

const deflateAsync = promisify<InputType, Buffer>(deflate);

/** Off the main thread. */
export async function compressBody(body: Uint8Array, compression: Compression): Promise<Uint8Array> {
  if (compression === 'none') return body;
  if (compression === 'deflate') return deflateAsync(body);
  return compress([body], { compression, compression_params: {} });
}

import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { Batch } from '@millrace/core';
import { encode, encodeJson } from '@millrace/otlp';
import type { Config } from './config.ts';

/** How records stand in a file, so that a torn one can be told. */
export type Framing = 'lines' | 'lengths';

export const framingOf = ({ format, compression }: Pick<Config, 'format' | 'compression'>): Framing =>
  format === 'json' && compression === '' ? 'lines' : 'lengths';

const lineEnd = Buffer.from('\n');
const compress = promisify(zstdCompress);

/** What is written of a batch: one record. Rejects with a PermanentError for what the format cannot hold. */
export function createFrame(
  config: Pick<Config, 'format' | 'compression'>,
): (batch: Batch) => Promise<readonly Buffer[]> {
  const { format, compression } = config;
  const framing = framingOf(config);
  return async (batch) => {
    const request = format === 'json' ? Buffer.from(encodeJson(batch)) : bufferOf(encode(batch));
    if (framing === 'lines') return [request, lineEnd];
    const body = compression === 'zstd' ? await compress(request) : request;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return [length, body];
  };
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

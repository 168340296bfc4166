import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { Batch } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import { encode, encodeJson } from '@millrace/otlp';
import { encodeProfilesJson } from '@millrace/otlp-profiles';
import { ProfileError } from '@millrace/pprof';
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
    const request = format === 'json' ? Buffer.from(jsonOf(batch)) : bufferOf(encode(batch));
    if (framing === 'lines') return [request, lineEnd];
    const body = compression === 'zstd' ? await compress(request) : request;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return [length, body];
  };
}

/** Core passes profiles on as they came: nobody may have looked whether they are any. */
function jsonOf(batch: Batch): string {
  if (batch.signal !== 'profiles') return encodeJson(batch);
  try {
    return encodeProfilesJson(batch.request);
  } catch (error) {
    if (error instanceof ProfileError) throw new PermanentError(error.message, { cause: error });
    throw error;
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

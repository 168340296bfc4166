import type { Batch } from '@millrace/core';
import type { Body, CompressionConfig } from '@millrace/http-client';
import { bodyOf, compress } from '@millrace/http-client';
import { encodeChunks, encodeJson } from '@millrace/otlp';

export type Encoding = 'proto' | 'json';

export interface BodyConfig extends CompressionConfig {
  readonly encoding: Encoding;
}

/** By what was asked for: a retry, the next endpoint, and another exporter of the same batch find what was made. */
const made = new Map<string, WeakMap<Batch, Body | Promise<Body>>>();

export type MakeBody = (batch: Batch) => Body | Promise<Body>;

/** Makes bodies: encoded and compressed at most once for the same batch. At once where nothing is compressed. */
export function bodies(config: BodyConfig): MakeBody {
  const key = `${config.encoding} ${config.compression} ${config.compression_params.level}`;
  const known = made.get(key) ?? new WeakMap<Batch, Body | Promise<Body>>();
  made.set(key, known);
  const encode = (batch: Batch): readonly Uint8Array[] =>
    config.encoding === 'json' ? [Buffer.from(encodeJson(batch))] : encodeChunks(batch);
  const make = (batch: Batch): Body | Promise<Body> =>
    config.compression === 'none'
      ? bodyOf(encode(batch))
      : compress(encode(batch), config).then((bytes) => bodyOf([bytes]));
  return (batch) => {
    let body = known.get(batch);
    if (!body) {
      body = make(batch);
      known.set(batch, body);
    }
    return body;
  };
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

/** The beginning of an answer, and its body as it comes. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What was asked in the end: another URL than was given, after a redirect. */
  readonly url: URL;
  /**
   * The body, decompressed. To be read once, to its end or until the reader breaks off; or else `discard` must be called.
   * Throws `BodyTooLarge`, and where the connection is lost, the request aborted, or the compression damaged.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Nobody will read the body. */
  discard(): void;
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`The answer is longer than ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

/** What a client can take the compression off, as `accept-encoding` says it. */
export const acceptedEncodings = 'gzip, deflate, zstd';

const chunkSize = 128 * 1024;
const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => createGunzip({ chunkSize }),
  'x-gzip': () => createGunzip({ chunkSize }),
  deflate: () => createInflate({ chunkSize }),
  zstd: () => createZstdDecompress({ chunkSize }),
};

export interface ReplyOptions {
  readonly url: URL;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Called once, when nothing more comes. */
  readonly done: () => void;
}

export function replyOf(response: IncomingMessage, { url, maxBytes, signal, done }: ReplyOptions): Reply {
  response.once('close', done);
  // Until somebody reads, an error is nobody's; then it comes out of the body.
  response.on('error', () => {});
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    url,
    body: { [Symbol.asyncIterator]: () => chunksOf(response, { encoding, maxBytes, signal }) },
    discard: () => void response.destroy(),
  };
}

interface ChunkOptions {
  readonly encoding: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function* chunksOf(response: IncomingMessage, options: ChunkOptions): AsyncGenerator<Buffer, void, void> {
  const { encoding, maxBytes, signal } = options;
  let bytes = 0;
  try {
    for await (const chunk of decoded(response, encoding) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new BodyTooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    if (!response.readableEnded) response.destroy();
  }
}

function decoded(response: IncomingMessage, encoding: string): Readable {
  if (encoding === 'identity' || encoding === '') return response;
  if (!Object.hasOwn(decoders, encoding))
    throw new Error(`The answer is compressed with ${encoding}, which was not asked for.`);
  const decoder = decoders[encoding]!();
  // The error comes out of the decoder, which is what is read.
  pipeline(response, decoder, () => {});
  return decoder;
}

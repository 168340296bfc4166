import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { constants, sensitiveHeaders } from 'node:http2';
import { describeError } from '@millrace/core';
import type { Compression } from '../compression.ts';
import { userAgent } from '../user-agent.ts';
import type { Sessions } from './sessions.ts';
import { countStreams } from './sessions.ts';
import type { Status } from './status.ts';
import { codeOf, codeOfHttp, decodeMessage } from './status.ts';

export interface Call {
  readonly path: string;
  /** Compressed as `compression` says. */
  readonly message: Uint8Array;
  readonly compression: Compression;
  readonly authority: string;
  readonly secure: boolean;
  /** With the names in lower case; a `-bin` one is sent as base64. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** What the server is told (`grpc-timeout`); keeping it is the signal's part. */
  readonly timeoutMs?: number | undefined;
}

export interface Reply extends Status {
  /** The message with its prefix, as it came. */
  readonly body: Buffer;
  readonly encoding: string;
}

/** What an answer may take: the rest of a greater one is not read. */
const maxAnswerBytes = 64 * 1024;

/**
 * A unary call. Resolves with a status whatever happens, a lost connection included, except that it rejects when the signal
 * aborts. A call that the server did not look at, because it was going away, is made once more on a new connection.
 */
export async function call(sessions: Sessions, request: Call): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    let session: ClientHttp2Session;
    try {
      session = await orAbort(sessions.current(), request.signal);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      return unavailable(describeError(error));
    }
    const reply = await exchange(session, request, sessions);
    if (reply !== 'unprocessed') return reply;
    if (attempt === 2) return unavailable('The server is going away.');
  }
}

const unavailable = (message: string): Reply => ({
  code: codeOf('Unavailable'),
  message: message.trim(),
  body: Buffer.alloc(0),
  encoding: '',
});

function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function exchange(session: ClientHttp2Session, request: Call, sessions: Sessions): Promise<Reply | 'unprocessed'> {
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(headersOf(request), { endStream: false });
    } catch {
      // It closed after it was handed out.
      return resolve('unprocessed');
    }
    const chunks: Buffer[] = [];
    let size = 0;
    let headers: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    let failure: Error | undefined;

    countStreams(session, 1);
    stream.on('response', (received) => (headers = received));
    stream.on('trailers', (received) => (trailers = received));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxAnswerBytes) chunks.push(chunk);
      else stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('error', (error) => (failure = error));
    // The server may answer before it has read the request; the trailers come in a tick of their own.
    stream.once('end', () => setImmediate(() => headers && settle()));
    stream.once('close', () => settle());

    const abort = (): void => {
      finish();
      if (!headers) sessions.probe(session);
      reject(request.signal?.reason as Error);
    };
    let finished = false;
    function finish(): void {
      if (finished) return;
      finished = true;
      countStreams(session, -1);
      request.signal?.removeEventListener('abort', abort);
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    }
    function settle(): void {
      if (finished) return;
      const isUnprocessed = !headers && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      finish();
      if (isUnprocessed) return resolve('unprocessed');
      const encoding = String(headers?.['grpc-encoding'] ?? 'identity');
      if (size > maxAnswerBytes) {
        const message = `The answer has more than ${maxAnswerBytes} bytes.`;
        return resolve({ code: codeOf('ResourceExhausted'), message, body: Buffer.alloc(0), encoding });
      }
      const status = statusOf({ headers, trailers, failure });
      return resolve({ ...status, body: Buffer.concat(chunks), encoding });
    }

    if (request.signal?.aborted) return abort();
    request.signal?.addEventListener('abort', abort, { once: true });
    const prefix = Buffer.alloc(5);
    prefix[0] = request.compression === 'none' ? 0 : 1;
    prefix.writeUInt32BE(request.message.length, 1);
    stream.cork();
    stream.write(prefix);
    stream.end(request.message);
    stream.uncork();
    return undefined;
  });
}

function headersOf(request: Call): OutgoingHttpHeaders {
  const { metadata, timeoutMs, compression } = request;
  const own = Object.entries(metadata).map(([name, value]): [string, string] => [
    name,
    name.endsWith('-bin') ? Buffer.from(value).toString('base64') : value,
  ]);
  return {
    ':method': 'POST',
    ':scheme': request.secure ? 'https' : 'http',
    ':authority': request.authority,
    ':path': request.path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'user-agent': userAgent,
    'grpc-accept-encoding': 'identity,gzip,zstd',
    ...(compression !== 'none' && { 'grpc-encoding': compression }),
    ...(timeoutMs !== undefined && { 'grpc-timeout': timeoutText(timeoutMs) }),
    ...Object.fromEntries(own),
    [sensitiveHeaders]: Object.keys(metadata),
  };
}

/** At most eight digits and a unit. */
const timeoutText = (ms: number): string =>
  ms < 1e8 ? `${Math.ceil(ms)}m` : `${Math.min(Math.ceil(ms / 1000), 99_999_999)}S`;

interface Received {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly failure: Error | undefined;
}

function statusOf({ headers, trailers, failure }: Received): Status {
  // An answer without a message has its status among the headers.
  const said = trailers?.['grpc-status'] === undefined ? headers : trailers;
  if (said?.['grpc-status'] !== undefined) {
    const code = Number(said['grpc-status']);
    return {
      code: Number.isInteger(code) && code >= 0 ? code : codeOf('Unknown'),
      message: decodeMessage(String(said['grpc-message'] ?? '')),
      details: bytesOf(said['grpc-status-details-bin']),
    };
  }
  if (!headers) {
    const message = failure ? describeError(failure) : 'The connection was lost before the answer.';
    return { code: codeOf('Unavailable'), message };
  }
  const status = Number(headers[':status']);
  if (status !== 200) return { code: codeOfHttp(status), message: `It answered with HTTP status ${status}.` };
  const type = headers['content-type'] ?? 'no content type';
  if (!type.startsWith('application/grpc'))
    return { code: codeOf('Unknown'), message: `It answered with ${type}, which is not gRPC.` };
  // gRPC calls some of these Internal, which is never tried again. But nobody has said no: the answer was cut.
  return { code: codeOf('Unavailable'), message: 'The answer ended before its status.' };
}

function bytesOf(header: string | string[] | undefined): Uint8Array | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

import { describeError } from '@millrace/core';
import type { Body, Compression, Headers } from '@millrace/http-client';
import { userAgent } from '@millrace/http-client';
import type { Outcome } from './h2/connection.ts';
import { encodeFields } from './h2/hpack.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Status } from './status.ts';
import { codeOf, codeOfHttp, decodeMessage } from './status.ts';

export interface Call {
  readonly head: Head;
  /** The message, without its prefix. */
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
}

export interface Reply extends Status {
  /** The message with its prefix, as it came. */
  readonly body: Buffer;
  readonly encoding: string;
}

/** What an answer may take: the rest of a greater one is not read. */
const maxAnswerBytes = 64 * 1024;
const empty = Buffer.alloc(0);

/**
 * A unary call. Resolves with a status whatever happens, a lost connection included, except that it rejects when the signal
 * aborts. A call that the server did not look at, because it was going away, is made once more on a new connection.
 */
export async function call(sessions: Sessions, request: Call): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    let session: Session;
    try {
      const acquired = sessions.acquire();
      session = acquired instanceof Promise ? await orAbort(acquired, request.signal, sessions) : acquired;
    } catch (error) {
      if (request.signal?.aborted) throw error;
      return unavailable(describeError(error));
    }
    let reply: Reply | 'unprocessed';
    try {
      reply = await exchange(session, request, sessions);
    } finally {
      sessions.release(session);
    }
    if (reply !== 'unprocessed') return reply;
    if (attempt === 2) return unavailable('The server is going away.');
  }
}

const unavailable = (message: string): Reply => ({
  code: codeOf('Unavailable'),
  message: message.trim(),
  lost: 'unsent',
  body: empty,
  encoding: '',
});

function orAbort(acquired: Promise<Session>, signal: AbortSignal | undefined, sessions: Sessions): Promise<Session> {
  if (!signal) return acquired;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
      acquired.then(sessions.release, () => {});
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    acquired.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    return undefined;
  });
}

function exchange(session: Session, { head, body, signal }: Call, sessions: Sessions): Promise<Reply | 'unprocessed'> {
  const { connection } = session;
  return new Promise((resolve, reject) => {
    // It closed after it was handed out.
    if (connection.closed) return resolve('unprocessed');
    if (signal?.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      connection.cancel(stream);
      if (!stream.headers) sessions.probe(session);
      reject(signal!.reason as Error);
    };
    const prefix = Buffer.allocUnsafe(5);
    prefix[0] = head.compressed ? 1 : 0;
    prefix.writeUInt32BE(body.bytes, 1);
    const stream = connection.request({
      block: head.block,
      chunks: [prefix, ...body.chunks],
      bytes: body.bytes + prefix.length,
      maxAnswerBytes,
      settle(outcome) {
        signal?.removeEventListener('abort', abort);
        resolve(replyOf(outcome));
      },
    });
    signal?.addEventListener('abort', abort, { once: true });
    return undefined;
  });
}

function replyOf(outcome: Outcome): Reply | 'unprocessed' {
  if (outcome.refused) return 'unprocessed';
  const encoding = outcome.headers?.['grpc-encoding'] ?? 'identity';
  if (outcome.bodyBytes > maxAnswerBytes) {
    const message = `The answer has more than ${maxAnswerBytes} bytes.`;
    return { code: codeOf('ResourceExhausted'), message, body: empty, encoding };
  }
  const { body } = outcome;
  return { ...statusOf(outcome), body: body.length === 1 ? body[0]! : Buffer.concat(body), encoding };
}

/** The headers of calls, encoded; the same serve many. */
export interface Head {
  readonly block: Buffer;
  readonly compressed: boolean;
}

export interface CallHead {
  readonly path: string;
  readonly compression: Compression;
  readonly authority: string;
  readonly secure: boolean;
  /** With the names in lower case; a `-bin` one is sent as base64. */
  readonly metadata: Headers;
  /** What the server is told (`grpc-timeout`); keeping it is the signal's part. */
  readonly timeoutMs?: number | undefined;
}

export function headOf({ path, compression, authority, secure, metadata, timeoutMs }: CallHead): Head {
  const own = Object.entries(metadata).map(([name, value]): [string, string] => [
    name,
    name.endsWith('-bin') ? Buffer.from(value).toString('base64') : value,
  ]);
  const fields = {
    ':method': 'POST',
    ':scheme': secure ? 'https' : 'http',
    ':authority': authority,
    ':path': path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'user-agent': userAgent,
    'grpc-accept-encoding': 'identity,gzip,zstd',
    ...(compression !== 'none' && { 'grpc-encoding': compression }),
    ...(timeoutMs !== undefined && { 'grpc-timeout': timeoutText(timeoutMs) }),
    ...Object.fromEntries(own),
  };
  return { block: encodeFields(fields, new Set(Object.keys(metadata))), compressed: compression !== 'none' };
}

/** At most eight digits and a unit. */
const timeoutText = (ms: number): string =>
  ms < 1e8 ? `${Math.ceil(ms)}m` : `${Math.min(Math.ceil(ms / 1000), 99_999_999)}S`;

function statusOf({ headers, trailers, failure }: Outcome): Status {
  // An answer without a message has its status among the headers.
  const said = trailers?.['grpc-status'] === undefined ? headers : trailers;
  if (said?.['grpc-status'] !== undefined) {
    const code = Number(said['grpc-status']);
    return {
      code: Number.isInteger(code) && code >= 0 ? code : codeOf('Unknown'),
      message: decodeMessage(said['grpc-message'] ?? ''),
      details: bytesOf(said['grpc-status-details-bin']),
    };
  }
  if (!headers) {
    const message = failure ? describeError(failure) : 'The connection was lost before the answer.';
    return { code: codeOf('Unavailable'), message, lost: 'sent' };
  }
  const status = Number(headers[':status']);
  if (status !== 200) return { code: codeOfHttp(status), message: `It answered with HTTP status ${status}.` };
  const type = headers['content-type'] ?? 'no content type';
  if (!type.startsWith('application/grpc'))
    return { code: codeOf('Unknown'), message: `It answered with ${type}, which is not gRPC.` };
  // gRPC calls some of these Internal, which is never tried again. But nobody has said no: the answer was cut.
  return { code: codeOf('Unavailable'), message: 'The answer ended before its status.', lost: 'sent' };
}

const bytesOf = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'base64');

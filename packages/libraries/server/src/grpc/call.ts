import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '@millrace/core';
import type { Admission } from '../admission.ts';
import { createBody } from '../body.ts';
import type { Encoding } from '../decompress.ts';
import { decompress } from '../decompress.ts';
import { code, malformed, Refusal, refusalOf, shuttingDown, tooLarge, tooSlow } from '../refusal.ts';
import type { Sweep } from '../sweep.ts';
import type { GrpcMessage, Method, Methods, StreamMethod, StreamMethods } from './server.ts';
import type { Sessions } from './sessions.ts';
import { acceptedEncodings, replyHttp, replyOk, replyRefusal } from './reply.ts';
import type { OpenReplies } from './replies.ts';
import { openReplies } from './replies.ts';

const encodings: ReadonlyMap<string | undefined, Encoding | undefined> = new Map([
  [undefined, undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['zstd', 'zstd'],
  ['deflate', 'deflate'],
]);

export interface CallOptions {
  readonly admission: Admission;
  readonly methods: Methods;
  readonly streams: StreamMethods;
  readonly clock: Clock;
  readonly sweep: Sweep<Call>;
  /** Calls that may answer for ever. */
  readonly streaming: Set<Call>;
  readonly sessions: Sessions;
  readonly maxMessageBytes: number;
  isDraining(): boolean;
}

/** A request under way, for whoever looks after its times. */
export interface Call {
  check(now: number): void;
  refuse(refusal: Refusal): void;
}

/** A request of which nothing came for so long is given up, and one that has not come whole within the second. */
export const stallMs = 60_000;
export const receiveMs = 300_000;

interface Request {
  readonly method: Method | undefined;
  /** Where `method` is not. */
  readonly streamMethod: StreamMethod | undefined;
  readonly encoding: Encoding | undefined;
  readonly timeoutMs: number | undefined;
}

const prefixBytes = 5;

/** Takes a call that has one message. */
export function serveCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: CallOptions): void {
  stream.on('error', ignore);
  const notGrpc = notGrpcAnswer(headers);
  if (notGrpc) return replyHttp(stream, notGrpc);
  let request: Request;
  let allowed: Promise<void> | undefined;
  try {
    if (options.isDraining()) throw shuttingDown();
    request = readHeaders(headers, options);
    options.admission.admit(0);
    allowed = options.admission.authenticate(headers);
  } catch (error) {
    return replyRefusal(stream, refusalOf(error));
  }
  if (!allowed) return receive(stream, { headers, request }, options);
  allowed.then(
    () => stream.destroyed || receive(stream, { headers, request }, options),
    (error: unknown) => replyRefusal(stream, refusalOf(error)),
  );
  return undefined;
}

function receive(
  stream: ServerHttp2Stream,
  { headers, request }: { headers: IncomingHttpHeaders; request: Request },
  { admission, clock, sweep, streaming, sessions, maxMessageBytes }: CallOptions,
): void {
  const body = createBody();
  const began = clock.now();
  const expires = request.timeoutMs === undefined ? Infinity : began + request.timeoutMs;
  const aborted = new AbortController();
  let length: number | undefined;
  let compressed = false;
  let whole = false;
  let settled = false;
  let replies: OpenReplies | undefined;
  let [seen, seenAt] = [0, began];

  const call: Call = {
    check(now) {
      if (now >= expires)
        return refuse(new Refusal('The deadline has passed.', { code: code.deadlineExceeded, status: 504 }));
      if (whole) return;
      if (body.size !== seen) [seen, seenAt] = [body.size, now];
      if (now - seenAt >= stallMs || now - began >= receiveMs) refuse(tooSlow());
    },
    refuse,
  };
  sweep.add(call);
  const busy = sessions.began(stream.session);
  stream.on('data', onData);
  stream.on('end', onEnd);
  stream.on('close', onClose);

  function onData(chunk: Buffer): void {
    if (settled) return;
    body.push(chunk);
    if (length === undefined) {
      const start = body.start(prefixBytes);
      if (!start) return;
      const fault = readPrefix(start);
      if (fault) return refuse(fault);
    }
    if (body.size > prefixBytes + length!) refuse(malformed('A unary call has one message; this one has more.'));
  }

  function readPrefix(start: Buffer): Refusal | undefined {
    if (start[0]! > 1) return malformed(`The message has the unknown flag ${start[0]}.`);
    compressed = start[0] === 1;
    if (compressed && !request.encoding)
      return malformed('The message is compressed, and grpc-encoding does not say with what.');
    length = start.readUInt32BE(1);
    if (length > maxMessageBytes) return tooLarge(maxMessageBytes);
    try {
      admission.admit(length);
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  }

  function onEnd(): void {
    if (settled) return;
    if (length === undefined || body.size !== prefixBytes + length)
      return refuse(malformed(body.size === 0 ? 'The call has no message.' : 'The message is cut off.'));
    whole = true;
    void deliver();
  }

  async function deliver(): Promise<void> {
    try {
      const encoding = compressed ? request.encoding : undefined;
      const plain = decompress(body.take(prefixBytes), { encoding, limit: maxMessageBytes });
      const bytes = Buffer.isBuffer(plain) ? plain : await plain;
      if (settled) return;
      body.release();
      const message = { bytes, headers, connection: stream.session ?? stream };
      if (request.streamMethod) return await answerMany(request.streamMethod, message);
      const answer = await request.method!(message, aborted.signal);
      if (settled) return;
      settle();
      replyOk(stream, answer);
    } catch (error) {
      refuse(refusalOf(error));
    }
  }

  async function answerMany(method: StreamMethod, message: GrpcMessage): Promise<void> {
    replies = openReplies(stream);
    streaming.add(call);
    await method(message, replies, aborted.signal);
    if (settled) return;
    settle();
    replies.end();
  }

  function refuse(refusal: Refusal): void {
    if (settled) return;
    settle();
    if (replies) replies.end(refusal);
    else replyRefusal(stream, refusal);
    aborted.abort(refusal);
  }

  function onClose(): void {
    if (settled) return;
    settle();
    aborted.abort(new Refusal('The sender has gone.', { code: code.cancelled, status: 499 }));
  }

  function settle(): void {
    settled = true;
    sweep.delete(call);
    streaming.delete(call);
    sessions.ended(busy);
    body.release();
  }
}

function ignore(): void {
  // A stream that fails closes, too, and that is heard.
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, what is answered with a status of HTTP. */
function notGrpcAnswer(headers: IncomingHttpHeaders): Record<string, string | number> | undefined {
  if (headers[':method'] !== 'POST') return { ':status': 405, allow: 'POST', 'grpc-status': String(code.internal) };
  if (!/^application\/grpc(?:\+proto)?(?:;|$)/.test(headers['content-type'] ?? ''))
    return { ':status': 415, 'grpc-status': String(code.invalidArgument) };
  return undefined;
}

function readHeaders(
  headers: IncomingHttpHeaders,
  { methods, streams }: Pick<CallOptions, 'methods' | 'streams'>,
): Request {
  const path = headers[':path'] ?? '';
  const method = methods.get(path);
  const streamMethod = streams.get(path);
  if (!method && !streamMethod) throw unimplemented(`There is no method ${path} here.`);
  const name = headers['grpc-encoding'] as string | undefined;
  if (!encodings.has(name))
    throw unimplemented(`The encoding ${JSON.stringify(name)} is not known; allowed are ${acceptedEncodings}.`);
  const timeout = headers['grpc-timeout'] as string | undefined;
  return {
    method,
    streamMethod,
    encoding: encodings.get(name),
    timeoutMs: timeout === undefined ? undefined : parseTimeout(timeout),
  };
}

const unimplemented = (message: string): Refusal => new Refusal(message, { code: code.unimplemented, status: 404 });

const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** At most eight digits and a unit. In milliseconds. */
export function parseTimeout(text: string): number {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (!unit) throw malformed(`The grpc-timeout ${JSON.stringify(text)} is none.`);
  return Number(digits) * units[unit]!;
}

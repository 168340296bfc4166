import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock, Signal } from '@millrace/core';
import type { Body, Encoding, Sweep } from '@millrace/server';
import { Refusal, code, createBody, decompress, refusalOf, shuttingDown, tooLarge, tooSlow } from '@millrace/server';
import type { Intake } from '../intake.ts';
import type { Format } from './answer.ts';
import { answer, answerOk, answerRefusal, contentTypes } from './answer.ts';
import type { Cors } from './cors.ts';

export interface RequestOptions {
  readonly intake: Intake;
  readonly clock: Clock;
  readonly sweep: Sweep<Reading>;
  readonly maxBodyBytes: number;
  readonly paths: ReadonlyMap<string, Signal>;
  /** By content-encoding; undefined is none. */
  readonly encodings: ReadonlyMap<string, Encoding | undefined>;
  readonly cors: Cors | undefined;
  readonly headers: OutgoingHttpHeaders;
  isDraining(): boolean;
  readonly keepsAlive: boolean;
}

/** A body that is being read, for whoever looks after its times. */
export interface Reading {
  check(now: number): void;
}

/** Nothing came for so long: the sender is gone, or only means to hold the connection. */
const stallMs = 60_000;

/** Answers one request, and never rejects. */
export async function serveRequest(
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
  options: RequestOptions,
): Promise<void> {
  const { request, response } = exchange;
  const { intake, cors, isDraining, keepsAlive } = options;
  if (isDraining() || !keepsAlive) response.shouldKeepAlive = false;
  const preflight = cors?.preflight(request);
  if (preflight)
    return answer(exchange, Buffer.alloc(0), { status: 204, headers: { ...options.headers, ...preflight } });

  let headers: OutgoingHttpHeaders | undefined = options.headers;
  if (cors) headers = { ...headers, ...cors.headers(request) };
  let format: Format | undefined;
  const aborted = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) aborted.abort(gone());
  };
  response.on('close', onClose);
  try {
    const signal = route(request, options);
    format = formatOf(request);
    const encoding = encodingOf(request, options);
    if (isDraining()) throw shuttingDown();
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > options.maxBodyBytes) throw tooLarge(options.maxBodyBytes);
    intake.admit(announced);
    const allowed = intake.authenticate(request.headers);
    if (allowed) await allowed;
    if (request.headers.expect !== undefined) response.writeContinue();
    const bytes = await readBytes(request, { encoding, options });
    await intake.deliver({ signal, format, bytes, headers: request.headers }, aborted.signal);
    if (isDraining()) response.shouldKeepAlive = false;
    answerOk(response, format, headers);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.status === 405) headers = { ...headers, allow: 'POST' };
    if (refusal.status === 408) headers = { ...headers, connection: 'close' };
    answerRefusal(exchange, refusal, { format, headers });
  }
}

function route(request: IncomingMessage, { paths }: RequestOptions): Signal {
  const url = request.url ?? '';
  const signal = paths.get(url) ?? paths.get(url.split('?', 1)[0]!);
  if (!signal)
    throw new Refusal(`There is nothing at this path. OTLP is taken at ${[...paths.keys()].join(', ')}.`, {
      code: code.unimplemented,
      status: 404,
    });
  if (request.method !== 'POST')
    throw new Refusal('Only POST is taken here.', { code: code.unimplemented, status: 405 });
  return signal;
}

function formatOf({ headers: { 'content-type': type = '' } }: IncomingMessage): Format {
  if (type === contentTypes.protobuf) return 'protobuf';
  const media = type.split(';', 1)[0]!.trim().toLowerCase();
  if (media === contentTypes.protobuf) return 'protobuf';
  if (media === contentTypes.json) return 'json';
  throw new Refusal(
    `The content-type ${JSON.stringify(type)} is not taken; allowed are ${Object.values(contentTypes).join(' and ')}.`,
    { code: code.invalidArgument, status: 415 },
  );
}

function encodingOf({ headers }: IncomingMessage, { encodings }: RequestOptions): Encoding | undefined {
  const name = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (encodings.has(name)) return encodings.get(name);
  const allowed = [...encodings.keys()].map((one) => one || 'none').join(', ');
  throw new Refusal(`The content-encoding ${JSON.stringify(name)} is not taken; allowed are ${allowed}.`, {
    code: code.invalidArgument,
    status: 415,
  });
}

async function readBytes(
  request: IncomingMessage,
  { encoding, options }: { encoding: Encoding | undefined; options: RequestOptions },
): Promise<Buffer> {
  const body = await readBody(request, options);
  try {
    const plain = decompress(body.take(), { encoding, limit: options.maxBodyBytes });
    return Buffer.isBuffer(plain) ? plain : await plain;
  } finally {
    body.release();
  }
}

function readBody(request: IncomingMessage, { clock, sweep, maxBodyBytes }: RequestOptions): Promise<Body> {
  return new Promise((resolve, reject) => {
    // While the sender's right to send was looked up, it may have gone: nothing more would be heard of it.
    if (request.destroyed) return reject(gone());
    const body = createBody();
    let [seen, seenAt] = [0, clock.now()];
    const reading: Reading = {
      check(now) {
        if (body.size !== seen) [seen, seenAt] = [body.size, now];
        if (now - seenAt >= stallMs) fail(tooSlow());
      },
    };
    sweep.add(reading);
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('error', onError);

    function onData(chunk: Buffer): void {
      if (body.size + chunk.length > maxBodyBytes) fail(tooLarge(maxBodyBytes));
      else body.push(chunk);
    }
    function onEnd(): void {
      settle();
      resolve(body);
    }
    function onError(): void {
      fail(gone());
    }
    function fail(refusal: Refusal): void {
      settle();
      body.release();
      reject(refusal);
    }
    function settle(): void {
      sweep.delete(reading);
      request.off('data', onData);
      request.off('end', onEnd);
      request.off('error', onError);
      request.on('error', ignore);
    }
  });
}

/** An answer that nobody gets. */
const gone = (): Refusal => new Refusal('The sender has gone.', { code: code.cancelled, status: 499 });

function ignore(): void {
  // The sender has gone, and that has been heard.
}

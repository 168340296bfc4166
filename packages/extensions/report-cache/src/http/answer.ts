import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Refusal } from '@millrace/server';
import type { Patience } from '../patience.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What every answer to this request has. */
  headers: OutgoingHttpHeaders;
}

const json = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** A client that is still sending is to see its answer before the end. */
const lingerMs = 100;

export function answerJson(exchange: Exchange, text: string, { status = 200, headers = {} } = {}): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${text}\n`);
  const isSending = !request.complete && hasBody(request);
  const all = { ...json, ...exchange.headers, ...headers, 'content-length': body.length };
  response.writeHead(status, isSending ? { ...all, connection: 'close' } : all);
  response.end(body);
  if (!isSending) return;
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  response.once('close', () => clearTimeout(timer));
}

export function answerRefusal(exchange: Exchange, { message, status, retryAfterMs }: Refusal, headers = {}): void {
  answerJson(exchange, JSON.stringify({ error: message }), {
    status,
    headers: {
      ...headers,
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    },
  });
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Writes pieces one after another, as fast as the client takes them, and stops where it has gone. */
export async function writeAll(
  response: ServerResponse,
  pieces: Iterable<Uint8Array | string>,
  patience: Patience,
): Promise<void> {
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await patience.wait(drained(response));
  }
}

/** Resolves when the client has taken what was written, or has gone. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed || !response.writableNeedDrain) return resolve();
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
    return undefined;
  });

/** What a list of reports begins with is JSON, too. */
export const startJson = (exchange: Exchange): void =>
  void exchange.response.writeHead(200, { ...json, ...exchange.headers });

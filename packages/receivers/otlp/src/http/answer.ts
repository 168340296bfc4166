import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { encodeResponse, encodeResponseJson, encodeStatus, encodeStatusJson } from '@millrace/otlp';
import type { Refusal } from '@millrace/server';
import { code } from '@millrace/server';

export type Format = 'protobuf' | 'json';

export const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;

/** The full success of all signals is alike: it has nothing to say. */
const success = {
  protobuf: Buffer.from(encodeResponse('metrics')),
  json: Buffer.from(encodeResponseJson('metrics')),
} as const;

export function answerOk(response: ServerResponse, format: Format, headers: OutgoingHttpHeaders | undefined): void {
  const body = success[format];
  response.writeHead(200, { 'content-type': contentTypes[format], 'content-length': body.length, ...headers });
  response.end(body);
}

/** A google.rpc.Status in the encoding of the request; where that is not known, a text. */
export function answerRefusal(
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
  refusal: Refusal,
  { format, headers }: { format: Format | undefined; headers: OutgoingHttpHeaders | undefined },
): void {
  const { message, status, retryAfterMs } = refusal;
  // gRPC calls bad framing an error of its own; over HTTP a bad body is a bad body.
  const said = {
    code: status === 400 ? code.invalidArgument : refusal.code,
    message,
    ...(retryAfterMs !== undefined && { retryDelayMs: retryAfterMs }),
  };
  const body =
    format === 'protobuf'
      ? Buffer.from(encodeStatus(said))
      : Buffer.from(format === 'json' ? encodeStatusJson(said) : `${message}\n`);
  answer(exchange, body, {
    status,
    headers: {
      'content-type': format ? contentTypes[format] : 'text/plain; charset=utf-8',
      'content-length': body.length,
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
      ...headers,
    },
  });
}

/** So much of a body that nobody wants is read, to keep the connection. */
const spareBytes = 64 * 1024;
/**
 * How long a connection stays whose sender is still sending: it is to see the answer before the end. It holds some 128 KiB, and
 * with many that are refused for want of memory that counts.
 */
const lingerMs = 100;

export function answer(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  body: Buffer,
  { status, headers }: { status: number; headers: OutgoingHttpHeaders },
): void {
  if (response.headersSent || response.destroyed) return;
  const announced = Number(request.headers['content-length'] ?? (request.headers['transfer-encoding'] ? Infinity : 0));
  if (request.complete || announced <= spareBytes) {
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  // Closing while the sender still sends would reset the connection, and the answer be lost with it. And what is refused is not
  // read: of senders that are refused for want of memory, that alone would take more of it.
  response.writeHead(status, { ...headers, connection: 'close' });
  response.write(body);
  request.pause();
  const timer = setTimeout(() => request.socket.destroy(), lingerMs);
  response.on('close', () => clearTimeout(timer));
}

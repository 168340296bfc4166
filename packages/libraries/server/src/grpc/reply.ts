import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import { encodeStatus } from '@millrace/otlp';
import type { Refusal } from '../refusal.ts';
import { code } from '../refusal.ts';

export const acceptedEncodings = 'identity,gzip,zstd,deflate';

const contentType = 'application/grpc';
export const okHeaders = { ':status': 200, 'content-type': contentType } as const;
export const okOptions = { waitForTrailers: true, sendDate: false } as const;
const refusalOptions = { endStream: true, sendDate: false } as const;
const okTrailers = { 'grpc-status': '0' } as const;

const emptyMessage = Buffer.alloc(5);

/** What stands before a message that is not compressed. */
export function prefixOf(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return prefix;
}

const prefixed = (message: Uint8Array): Buffer => Buffer.concat([prefixOf(message), message]);

export function replyOk(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(okHeaders, okOptions);
  stream.on('wantTrailers', sendOk);
  stream.end(message.length === 0 ? emptyMessage : prefixed(message));
}

function sendOk(this: ServerHttp2Stream): void {
  if (!this.destroyed && !this.closed) this.sendTrailers(okTrailers);
}

/** The status of a call, as headers or trailers have it. */
export function statusHeaders(refusal: Refusal | undefined): OutgoingHttpHeaders {
  if (!refusal) return okTrailers;
  const { message, retryAfterMs } = refusal;
  return {
    'grpc-status': String(refusal.code),
    'grpc-message': encodeMessage(message),
    ...(retryAfterMs !== undefined && {
      'grpc-status-details-bin': Buffer.from(
        encodeStatus({ code: refusal.code, message: cut(message), retryDelayMs: retryAfterMs }),
      )
        .toString('base64')
        .replace(/=+$/, ''),
    }),
  };
}

/** An answer that is only trailers, and the end of what the sender may still be sending. */
export function replyRefusal(stream: ServerHttp2Stream, refusal: Refusal): void {
  replyHeaders(stream, {
    ':status': 200,
    'content-type': contentType,
    ...statusHeaders(refusal),
    ...(refusal.code === code.unimplemented && { 'grpc-accept-encoding': acceptedEncodings }),
  });
}

/** For what is not gRPC at all. */
export const replyHttp = (stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void =>
  replyHeaders(stream, headers);

function replyHeaders(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  stream.respond(headers, refusalOptions);
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Headers have a limit on the other side too. */
const maxMessage = 1024;
const cut = (message: string): string =>
  message.length > maxMessage ? `${message.slice(0, maxMessage - 1)}…` : message;

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: printable ASCII without `%` as it is, other bytes as `%XX`. */
export function encodeMessage(message: string): string {
  let encoded = '';
  for (const byte of Buffer.from(cut(message)))
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return encoded;
}

import { BodyTooLarge } from '@millrace/http-client';
import { PageError } from '@millrace/prometheus-parser';
import { JsonError } from '../json/error.ts';

/** Why a node could not be asked: the values of the attribute `error.type`. `_OTHER` is what is none of them. */
export const reasons = [
  'connection_refused',
  'host_not_found',
  'unreachable',
  'connection_lost',
  'timeout',
  'tls',
  'redirect',
  'unauthorized',
  'forbidden',
  'not_found',
  'unavailable',
  'http_status',
  'bad_reply',
  'too_big',
  '_OTHER',
] as const;

export type Reason = (typeof reasons)[number];

/** A request to a node that failed. Its message says which node, what was asked for, and why. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly reason: Reason;
  /** Of the answer, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, { reason, status, cause }: { reason: Reason; status?: number; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.status = status;
  }
}

export const reasonOf = (error: unknown): Reason => (error instanceof ApiError ? error.reason : '_OTHER');

const codes: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'host_not_found',
  EAI_AGAIN: 'host_not_found',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'connection_lost',
  EPIPE: 'connection_lost',
  EPROTO: 'tls',
};

/** What a certificate is refused for: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/ */
const certificateCode = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|CRL_)/;

/** Of an error of a connection, or of an answer that cannot be read. */
export function reasonOfFailure(error: unknown): Reason {
  if (error instanceof ApiError) return error.reason;
  if (error instanceof BodyTooLarge) return 'too_big';
  if (error instanceof JsonError) return 'bad_reply';
  if (error instanceof PageError) return error.kind === 'limit' ? 'too_big' : 'bad_reply';
  // Several addresses of one host, each with an error of its own.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOfFailure(error.errors[0]);
  const { code = '', name, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return 'timeout';
  if (certificateCode.test(code) || /\bTLS\b|\bSSL\b|certificate/i.test(message)) return 'tls';
  if (code.startsWith('HPE_')) return 'bad_reply';
  return codes[code] ?? (/aborted|socket hang up/.test(message) ? 'connection_lost' : '_OTHER');
}

const statuses: Readonly<Record<number, Reason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  503: 'unavailable',
};

export const reasonOfStatus = (status: number): Reason =>
  statuses[status] ?? (status >= 300 && status < 400 ? 'redirect' : 'http_status');

import { PermanentError, ThrottleError } from '@millrace/core';
import type { Quote } from '@millrace/http-client';
import { longestWaitMs, NoAnswer } from '@millrace/http-client';
import { decodeStatus } from '@millrace/otlp';

/** How a call ended: what the server said, or, where it said nothing, what gRPC makes of that. */
export interface Status {
  readonly code: number;
  readonly message: string;
  /** A google.rpc.Status, from `grpc-status-details-bin`. */
  readonly details?: Uint8Array | undefined;
  /** The server has said nothing; `sent`: it may have the request all the same. */
  readonly lost?: 'sent' | 'unsent' | undefined;
}

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
const names = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

export const codeOf = (name: (typeof names)[number]): number => names.indexOf(name);

const retryable: ReadonlySet<number> = new Set(
  (['Canceled', 'DeadlineExceeded', 'Aborted', 'OutOfRange', 'Unavailable', 'DataLoss'] as const).map(codeOf),
);

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, for answers that carry no gRPC status. */
export function codeOfHttp(status: number): number {
  switch (status) {
    case 400:
      return codeOf('Internal');
    case 401:
      return codeOf('Unauthenticated');
    case 403:
      return codeOf('PermissionDenied');
    case 404:
      return codeOf('Unimplemented');
    case 429:
    case 502:
    case 503:
    case 504:
      return codeOf('Unavailable');
    default:
      return codeOf('Unknown');
  }
}

/**
 * The error for a status that is not OK, by the rules of the OTLP specification: what may be tried again, after which
 * time, and what never.
 */
export function statusError(
  { code, message, details, lost }: Status,
  { endpoint, quote }: { readonly endpoint: string; readonly quote: Quote },
): Error {
  const said = [endpoint, names[code] ?? `Code ${code}`, quote(message)].filter(Boolean).join(': ');
  if (lost) return new NoAnswer(said, { sent: lost === 'sent' });
  const retryDelayMs = retryDelay(details);
  const again = retryable.has(code) || (code === codeOf('ResourceExhausted') && retryDelayMs !== undefined);
  if (!again) return new PermanentError(said);
  return retryDelayMs ? new ThrottleError(said, Math.min(retryDelayMs, longestWaitMs)) : new Error(said);
}

function retryDelay(details: Uint8Array | undefined): number | undefined {
  if (!details) return undefined;
  try {
    return decodeStatus(details).retryDelayMs;
  } catch {
    return undefined;
  }
}

/** `grpc-message` is percent-encoded UTF-8; what is not is left as it stands. */
export function decodeMessage(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

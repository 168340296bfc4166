import { PermanentError, ThrottleError } from '@millrace/core';
import { parseRetryAfter } from './retry-after.ts';
import type { Sent } from './sender.ts';
import { shown } from './url.ts';

export interface StatusErrorOptions {
  /** What the answer says, as it says it. */
  readonly said: string;
  /** What the status means here, in some words. */
  readonly advice?: string | undefined;
  /** Whether the same request may be taken later. Default: 408, 429, and what is wrong with the server, from 500. */
  readonly isLater?: boolean;
  /** When that is, as `retry-after` says it. Default: that header. */
  readonly retryAfter?: string | undefined;
}

/** The error for an answer that is no success: what may be tried again, after which time, and what never. */
export function statusError({ answer, url, now, quote }: Sent, options: StatusErrorOptions): Error {
  const { status, headers } = answer;
  const { said, isLater = isLaterStatus(status), retryAfter = headers['retry-after'] } = options;
  const isRedirect = status >= 300 && status < 400;
  const advice = isRedirect ? quote(redirection(headers.location, url)) : options.advice;
  const quoted = isRedirect ? '' : quote(said);
  const message = [`${shown(url)}: HTTP status ${status}`, advice, quoted].filter(Boolean).join(': ');
  if (!isLater) return new PermanentError(message);
  const retryAfterMs = parseRetryAfter(retryAfter, now);
  return retryAfterMs === undefined ? new Error(message) : new ThrottleError(message, retryAfterMs);
}

export const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

const isLaterStatus = (status: number): boolean => status >= 500 || status === 429 || status === 408;

function redirection(location: string | undefined, url: URL): string {
  const to = location !== undefined && URL.canParse(location, url.href) ? ` to ${shown(new URL(location, url))}` : '';
  return `it redirects${to}, which is not followed`;
}

import { PermanentError, ThrottleError } from '@millrace/core';
import type { Answer } from '@millrace/http-client';
import { parseRetryAfter } from '@millrace/http-client';

const maxShown = 256;

/** The answer says that the body is too large, whatever the documentation says: it goes again in halves. */
export const isTooLarge = ({ status }: Answer): boolean => status === 413;

export const isTaken = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** What Datadog found wrong with a request that it took. */
export function errorsIn({ body }: Answer): readonly string[] {
  if (body.length === 0) return [];
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: unknown };
    return Array.isArray(errors) ? errors.map(textOf) : [];
  } catch {
    return []; // It took the request: what it says besides is of no use, and nothing is sent again for it.
  }
}

const textOf = (error: unknown): string => (typeof error === 'string' ? error : JSON.stringify(error));

/** The error for an answer that is no success: what may be tried again, after which time, and what never. */
export function answerError(
  answer: Answer,
  { place, now, redact }: { readonly place: string; readonly now: number; readonly redact: (text: string) => string },
): Error {
  const { status, headers } = answer;
  const redirect = status >= 300 && status < 400 ? ': it redirects, which is not followed' : '';
  const message = `${redact(place)}: HTTP status ${status}${redirect || shorten(redact(saidIn(answer)))}`;
  if (status !== 408 && status !== 429 && status < 500) return new PermanentError(message);
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now) ?? untilReset(answer);
  return retryAfterMs === undefined ? new Error(message) : new ThrottleError(message, retryAfterMs);
}

/** Seconds until the limit is counted anew. https://docs.datadoghq.com/api/latest/rate-limits/ */
function untilReset({ status, headers }: Answer): number | undefined {
  const seconds = headers['x-ratelimit-reset'];
  return status === 429 && typeof seconds === 'string' && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function saidIn(answer: Answer): string {
  const text = errorsIn(answer).join('; ') || answer.body.toString('utf8');
  const line = text.replace(/\s+/g, ' ').trim();
  return line && `: ${line}`;
}

/** Only after keys have been taken out: half a key is no longer found. */
const shorten = (line: string): string => (line.length > maxShown ? `${line.slice(0, maxShown)}…` : line);

import type { Answer, Sent } from '@millrace/http-client';
import { statusError } from '@millrace/http-client';

/** The answer says that the body is too large, whatever the documentation says: it goes again in halves. */
export const isTooLarge = ({ status }: Answer): boolean => status === 413;

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
export function answerError(sent: Sent): Error {
  const { status, headers, body } = sent.answer;
  // Seconds until the limit is counted anew. https://docs.datadoghq.com/api/latest/rate-limits/
  const reset = status === 429 ? headers['x-ratelimit-reset'] : undefined;
  return statusError(sent, {
    said: errorsIn(sent.answer).join('; ') || body.toString('utf8'),
    retryAfter: headers['retry-after'] ?? (typeof reset === 'string' ? reset : undefined),
  });
}

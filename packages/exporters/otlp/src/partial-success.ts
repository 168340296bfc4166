import type { Context } from '@millrace/core';
import { describeError, dropCounter } from '@millrace/core';
import type { Quote } from '@millrace/http-client';
import { newsOf } from '@millrace/http-client';
import type { PartialSuccess } from '@millrace/otlp';

/**
 * Counts what a backend took the rest of a request without, and says why: once, until it says something else. Such items
 * are not sent again, as OTLP demands. Nor is a request that was taken with an answer that cannot be read: were that an
 * error, each part of a merged batch would go again.
 */
export function partialSuccesses(context: Context): (read: () => PartialSuccess | undefined, quote: Quote) => void {
  const dropped = dropCounter(context);
  const isNews = newsOf();

  function say(fields: { readonly said: string; readonly rejected?: number }, message: string): void {
    if (isNews(fields.said)) context.log.warn(fields, message);
  }

  return (read, quote) => {
    let partial: PartialSuccess | undefined;
    try {
      partial = read();
    } catch (error) {
      say({ said: quote(describeError(error)) }, 'The backend took a request, but its answer cannot be read.');
    }
    if (!partial) return;
    const { rejected, message } = partial;
    dropped(rejected, 'rejected_by_backend');
    const said = quote(message);
    if (rejected > 0) say({ rejected, said }, 'The backend has rejected a part of a request.');
    else say({ said }, 'The backend took a request with a warning.');
  };
}

import type { Context } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import type { Quote } from '@millrace/http-client';
import { newsOf } from '@millrace/http-client';
import type { PartialSuccess } from '@millrace/otlp';

/**
 * Counts what a backend took the rest of a request without, and says why: once, until it says something else. Such items
 * are not sent again, as OTLP demands.
 */
export function partialSuccesses(context: Context): (partial: PartialSuccess | undefined, quote: Quote) => void {
  const dropped = dropCounter(context);
  const isNews = newsOf();
  return (partial, quote) => {
    if (!partial) return;
    const { rejected, message } = partial;
    dropped(rejected, 'rejected_by_backend');
    const said = quote(message);
    if (!isNews(said)) return;
    if (rejected > 0) context.log.warn({ rejected, said }, 'The backend has rejected a part of a request.');
    else context.log.warn({ said }, 'The backend took a request with a warning.');
  };
}

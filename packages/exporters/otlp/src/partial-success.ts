import type { Context } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import type { PartialSuccess } from '@millrace/otlp';

/**
 * Counts what a backend took the rest of a request without, and says why: once, until it says something else. Such items
 * are not sent again, as OTLP demands.
 */
export function partialSuccesses(context: Context): (partial: PartialSuccess | undefined) => void {
  const dropped = dropCounter(context);
  let last: string | undefined;
  return (partial) => {
    if (!partial) return;
    const { rejected, message } = partial;
    dropped(rejected, 'rejected_by_backend');
    if (message === last) return;
    last = message;
    if (rejected > 0) context.log.warn({ rejected, said: message }, 'The backend has rejected a part of a request.');
    else context.log.warn({ said: message }, 'The backend took a request with a warning.');
  };
}

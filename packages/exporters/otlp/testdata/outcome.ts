import { isPermanent, ThrottleError } from '@millrace/core';

/** What a batch was refused with. */
export const errorOf = (promise: Promise<void>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('It was taken.')),
    (error: Error) => error,
  );

export const kindOf = (error: Error): string =>
  isPermanent(error) ? 'permanent' : error instanceof ThrottleError ? `throttle ${error.retryAfterMs}` : 'retry';

/** How long to wait for what comes soon, for `expect.poll`. */
export const soon = { timeout: 10_000, interval: 5 } as const;

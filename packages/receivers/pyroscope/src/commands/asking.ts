import { describeError, isPermanent, PermanentError } from '@millrace/core';
import { BodyTooLarge, StatusError } from '@millrace/http-client';
import { ProfileError } from '@millrace/pprof';
import { NoProfiles, QueryError } from '@millrace/pyroscope-client';
import type { Server } from '../server/server.ts';

/** Asks within the bounds of the server. Rejects with a sentence that says which one. */
export async function asking<T>(
  server: Server,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await server.limitedNow(signal, work);
  } catch (error) {
    signal.throwIfAborted();
    const found = asPermanent(error);
    if (isPermanent(found)) throw found;
    const said = `${server.id} cannot be asked: ${describeError(error).replace(/\.$/, '')}.`;
    throw isFinal(error) ? new PermanentError(said) : new Error(said);
  }
}

const isFinal = (error: unknown): boolean =>
  error instanceof BodyTooLarge ||
  (error instanceof StatusError && error.status < 500 && ![408, 429].includes(error.status));

/** What is wrong with what was asked for, or with the profile that is there, does not get better. */
export const asPermanent = (error: unknown): unknown =>
  error instanceof QueryError || error instanceof NoProfiles || error instanceof ProfileError
    ? new PermanentError(error.message)
    : error;

/** What is wrong with arguments is said as it is. */
export function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asPermanent(error);
  }
}

/**
 * What the promise comes to, or the signal's reason if that aborts first. Leaves no listener behind: a signal may live as
 * long as the process, and what waits on it comes and goes every second.
 */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

export interface Deadline {
  /** Aborts when the time is up, or the outer signal does. */
  readonly signal: AbortSignal;
  /** To be called when what had the deadline is done. */
  clear(): void;
}

/** `AbortSignal.any` of a timeout and another signal, without what that leaves behind on the other one. */
export function deadline(timeoutMs: number, late: () => Error, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer!.reason);
  if (outer?.aborted) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  const timer = setTimeout(() => controller.abort(late()), Math.min(timeoutMs, 2 ** 31 - 1));
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

export interface Limit {
  readonly ms: number;
  readonly stop: AbortSignal;
  /** Why, when the time is up. */
  late(): Error;
}

type Work<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Gives work a signal that is aborted when its time is up, or when all is to end. Rejects as the work does, which knows what it
 * was about. Leaves nothing behind.
 */
export async function withLimit<T>({ ms, stop, late }: Limit, work: Work<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), Math.min(ms, 2 ** 31 - 1));
  const end = (): void => limit.abort(stop.reason);
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
  }
}

/** The same, but rejects with the reason of the signal: what is told to end does so with errors of all kinds. */
export const withDeadline = <T>(limit: Limit, work: Work<T>): Promise<T> =>
  withLimit(limit, async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  });

/** Gives work a signal that is aborted when its time is up, for that reason, or when all is to end. Leaves nothing behind. */
export async function withDeadline<T>(
  { ms, stop, late }: { readonly ms: number; readonly stop: AbortSignal; late(): Error },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), Math.min(ms, 2 ** 31 - 1));
  const end = (): void => limit.abort(stop.reason);
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  try {
    return await work(limit.signal);
  } catch (error) {
    // What was told to end ends with errors of all kinds; the reason is what counts.
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
  }
}

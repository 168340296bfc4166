import type { Consumer } from '../component.ts';
import { formatDuration } from '../config/units.ts';

/** Ends an attempt after `timeoutMs` (0: never), whether or not the one it waits for listens to its signal. */
export function timeout(next: Consumer, timeoutMs: number): Consumer {
  if (timeoutMs === 0) return next;
  return {
    async consume(batch, signal) {
      const expired = new AbortController();
      const late = new Error(`timed out after ${formatDuration(timeoutMs)}`);
      const timer = setTimeout(() => expired.abort(late), timeoutMs);
      try {
        const either = signal ? AbortSignal.any([signal, expired.signal]) : expired.signal;
        await Promise.race([next.consume(batch, either), rejection(either)]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Rejects when the signal aborts, with its reason. */
export function rejection(signal: AbortSignal): Promise<never> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {}); // nobody may be racing any more
  if (signal.aborted) aborted.reject(signal.reason as Error);
  else signal.addEventListener('abort', () => aborted.reject(signal.reason as Error), { once: true });
  return aborted.promise;
}

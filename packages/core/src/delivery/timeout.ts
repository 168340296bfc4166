import type { Consumer } from '../component.ts';
import { formatDuration } from '../config/units.ts';
import { deadline, orAbort } from './abort.ts';

/** Ends an attempt after `timeoutMs` (0: never), whether or not the one it waits for listens to its signal. */
export function timeout(next: Consumer, timeoutMs: number): Consumer {
  if (timeoutMs === 0) return next;
  const late = (): Error => new Error(`timed out after ${formatDuration(timeoutMs)}`);
  return {
    async consume(batch, outer) {
      const { signal, clear } = deadline(timeoutMs, late, outer);
      try {
        await orAbort(next.consume(batch, signal), signal);
      } finally {
        clear();
      }
    },
  };
}

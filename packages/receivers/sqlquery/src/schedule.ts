import type { Clock } from '@millrace/core';
import { everyInterval } from '@millrace/polling';

export interface Schedule {
  readonly intervalMs: number;
  readonly initialDelayMs: number;
  /** At multiples of the interval since the epoch. */
  readonly aligned: boolean;
}

/** Calls `run` when it is due, one at a time, until the signal is aborted. What was missed is left out. `run` must not reject. */
export async function repeat(
  { intervalMs, initialDelayMs, aligned }: Schedule,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  run: () => Promise<void>,
): Promise<void> {
  try {
    await clock.sleep(initialDelayMs, signal);
  } catch {
    return;
  }
  const offsetMs = aligned ? 0 : clock.now() % intervalMs;
  await everyInterval({ intervalMs, offsetMs }, { clock, signal }, run);
}

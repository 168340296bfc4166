import type { Clock } from '@millrace/core';

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
  let due = clock.now() + initialDelayMs;
  if (aligned) due = Math.ceil(due / intervalMs) * intervalMs;
  while (!signal.aborted) {
    try {
      await clock.sleep(Math.max(due - clock.now(), 0), signal);
    } catch {
      return;
    }
    await run();
    const late = clock.now() - due;
    due += intervalMs * Math.max(1, Math.ceil(late / intervalMs));
  }
}

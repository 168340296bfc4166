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
  if (aligned) return everyInterval({ intervalMs, offsetMs: 0 }, { clock, signal }, run);
  let begin: number | undefined = clock.now();
  // Asked again, it may be a millisecond on: the first time that is due would then be an interval later.
  const now = (): number => {
    const time = begin ?? clock.now();
    begin = undefined;
    return time;
  };
  const sleep: Clock['sleep'] = (ms, until) => clock.sleep(ms, until);
  return everyInterval({ intervalMs, offsetMs: begin % intervalMs }, { clock: { now, sleep }, signal }, run);
}

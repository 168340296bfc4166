import { createHash } from 'node:crypto';
import type { Clock } from '@millrace/core';

/** Where in its interval a target is scraped, in milliseconds: spread over it by the hash of its key, and always the same. */
export const offsetOf = (key: string, intervalMs: number): number =>
  createHash('md5').update(key).digest().readUIntBE(0, 6) % intervalMs;

/** The time of a scrape: when it was due, so that times stay apart by the interval, unless it is later than a timer is. */
export const scrapeTime = (due: number, now: number, intervalMs: number): number =>
  now - due <= Math.min(intervalMs / 100, 20) ? due : now;

/** A timer takes no more than 2^31 ms. */
const longestSleepMs = 2 ** 30;

export interface Schedule {
  readonly intervalMs: number;
  readonly offsetMs: number;
}

/**
 * Calls `run` with the time at which it was due, one interval after the other, until the signal is aborted: one at a time, and
 * what was missed is left out. `run` must not reject.
 */
export async function everyInterval(
  { intervalMs, offsetMs }: Schedule,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  run: (due: number) => Promise<void>,
): Promise<void> {
  const next = (now: number): number => Math.ceil((now - offsetMs) / intervalMs) * intervalMs + offsetMs;
  let due = next(clock.now());

  async function untilDue(): Promise<void> {
    for (let left = due - clock.now(); left > 0; left = due - clock.now()) {
      // The clock was set back.
      if (left > intervalMs) due = next(clock.now());
      else await clock.sleep(Math.min(left, longestSleepMs), signal);
    }
  }

  while (!signal.aborted) {
    try {
      await untilDue();
    } catch {
      return;
    }
    await run(due);
    const late = clock.now() - due;
    due += intervalMs * Math.max(1, Math.ceil(late / intervalMs));
  }
}

import type { Clock } from '@millrace/core';

/** Something that is looked at again and again, one look at a time. */
export interface Refresher {
  /** Looks now, or waits for the look that is under way. Never rejects. */
  refresh(): Promise<void>;
  /** Looks again and again, the first time after `everyMs`, until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** `look` must not reject. */
export function createRefresher(
  look: () => Promise<void>,
  { clock, everyMs }: { readonly clock: Clock; readonly everyMs: number },
): Refresher {
  let looking: Promise<void> | undefined;
  const refresh = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)));
  return {
    refresh,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await clock.sleep(everyMs, signal);
        } catch {
          return;
        }
        await refresh();
      }
    },
  };
}

import {
  type Batch,
  type Clock,
  type Consumer,
  isPermanent,
  NoPipelineError,
  type StateLog,
  ThrottleError,
} from '@millrace/core';
import type { Config } from './config.ts';

export interface DeliverOptions {
  readonly next: Consumer;
  readonly clock: Clock;
  readonly state: StateLog;
  readonly retry: Config['retry_on_failure'];
  readonly tickMs: number;
  /** Called at every tick of a wait, however long it is: files come and go meanwhile. */
  tick(): Promise<void>;
  /** No more attempts. The one under way goes on: what is taken in it would come twice. */
  readonly stop: AbortSignal;
  /** The time of the last attempt is up. */
  readonly deadline: AbortSignal;
}

/**
 * Hands a batch on, as often as it takes. `dropped`: it will never be taken. Rejects when it was stopped before the batch was
 * taken.
 */
export function createDeliver(options: DeliverOptions): (batch: Batch) => Promise<'taken' | 'dropped'> {
  const { next, clock, state, retry, tickMs, tick, stop: stopped, deadline } = options;

  /** Waits for it, ticking. */
  async function whileTicking(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.then(
      () => void (isDone = true),
      () => void (isDone = true),
    );
    while (!isDone) {
      const stop = new AbortController();
      await Promise.race([done, clock.sleep(tickMs, stop.signal).catch(() => {})]);
      stop.abort(new Error('woken'));
      // What goes wrong in it is not of the batch.
      if (!isDone) await tick().catch(() => {});
    }
    await work;
  }

  return async (batch) => {
    const begun = clock.now();
    for (let wait = retry.initial_interval; ; wait = Math.min(wait * 2, retry.max_interval)) {
      stopped.throwIfAborted();
      try {
        await whileTicking(next.consume(batch, deadline));
        state.fine('The pipeline takes log records again.');
        return 'taken';
      } catch (error) {
        stopped.throwIfAborted();
        if (error instanceof NoPipelineError) return 'dropped';
        state.trouble('The pipeline did not take log records.', error);
        const isLate = retry.max_elapsed_time > 0 && clock.now() - begun >= retry.max_elapsed_time;
        if (isPermanent(error) || !retry.enabled || isLate) return 'dropped';
        const pause = error instanceof ThrottleError ? Math.max(wait, error.retryAfterMs) : wait;
        await whileTicking(clock.sleep(pause, stopped));
      }
    }
  };
}

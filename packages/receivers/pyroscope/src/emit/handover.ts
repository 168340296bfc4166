import {
  type Batch,
  type Clock,
  type Consumer,
  isPermanent,
  itemCount,
  type Logger,
  NoPipelineError,
  stateLog,
  ThrottleError,
} from '@millrace/core';

export interface HandOver {
  /**
   * Hands on batches, one after the other; one that is refused is tried until it is taken, and those before it do not come
   * again. Rejects with the signal's reason when it is aborted.
   */
  keepTrying(batches: Iterable<Batch>, signal: AbortSignal): Promise<void>;
  /** Hands on each once. What is refused is counted. */
  once(batches: Iterable<Batch>): Promise<void>;
}

export interface HandOverHost {
  readonly next: Consumer;
  readonly clock: Clock;
  readonly log: Logger;
  dropped(items: number, reason: string): void;
  /** For batches on their way when all is to end. */
  readonly deadline: AbortSignal;
}

const firstRetryMs = 1_000;
const lastRetryMs = 30_000;
/** So long nothing may be refused before it is said that all is well: one signal may be taken and another one not. */
const quietMs = 60_000;

export function createHandOver({ next, clock, log, dropped, deadline }: HandOverHost): HandOver {
  const state = stateLog(log);
  let refusedAt = Number.NEGATIVE_INFINITY;

  /** The error if it may be taken later. What no pipeline wants, or what is refused for good, is done with. */
  async function tryOnce(batch: Batch): Promise<unknown> {
    try {
      await next.consume(batch, deadline);
      if (clock.now() - refusedAt >= quietMs) state.fine('The pipeline takes profiles again.');
      return undefined;
    } catch (error) {
      if (error instanceof NoPipelineError) return undefined;
      refusedAt = clock.now();
      state.trouble('The pipeline did not take a profile.', error);
      if (!isPermanent(error)) return error;
      dropped(itemCount(batch), 'pipeline_refused');
      return undefined;
    }
  }

  return {
    async keepTrying(batches, signal) {
      for (const batch of batches)
        for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, lastRetryMs)) {
          const error = await tryOnce(batch);
          if (error === undefined) break;
          await clock.sleep(error instanceof ThrottleError ? error.retryAfterMs : waitMs, signal);
        }
    },
    async once(batches) {
      for (const batch of batches) {
        const error = await tryOnce(batch);
        if (error !== undefined) dropped(itemCount(batch), 'pipeline_refused');
      }
    },
  };
}

import type { Clock, Consumer, Logger } from '../component.ts';
import type { RetryConfig } from '../config/model.ts';
import { formatDuration } from '../config/units.ts';
import { describeError, isPermanent, ThrottleError } from '../errors.ts';
import { stateLog } from '../state-log.ts';

/**
 * Tries again with exponential backoff until the batch is accepted, is refused for good, or `max_elapsed_time` is up. The
 * wait is the interval, made longer or shorter by up to `randomization_factor` of it, and at least what the other side
 * asked for.
 */
export function retry(next: Consumer, config: RetryConfig, { clock, log }: { clock: Clock; log: Logger }): Consumer {
  if (!config.enabled) return next;
  const state = stateLog(log);
  const { multiplier, randomization_factor: spread, max_elapsed_time: limit } = config;
  return {
    async consume(batch, signal) {
      const deadline = limit === 0 ? Infinity : clock.now() + limit;
      for (let interval = config.initial_interval; ; interval = Math.min(interval * multiplier, config.max_interval)) {
        try {
          await next.consume(batch, signal);
          state.fine('Delivering again.');
          return;
        } catch (error) {
          if (isPermanent(error) || signal?.aborted) throw error;
          const backoff = interval * (1 - spread + 2 * spread * Math.random());
          const wait = Math.max(backoff, error instanceof ThrottleError ? error.retryAfterMs : 0);
          if (clock.now() + wait > deadline)
            throw new Error(`gave up after ${formatDuration(limit)} of retrying: ${describeError(error)}`, {
              cause: error,
            });
          state.trouble('Could not deliver, trying again.', error);
          await clock.sleep(wait, signal);
        }
      }
    },
  };
}

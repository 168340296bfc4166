import type { Clock, Consumer } from '@millrace/core';
import { wasNotSent } from '@millrace/http-client';

const firstPauseMs = 100;
const longestPauseMs = 5_000;

export interface WaitOptions {
  readonly clock: Clock;
  readonly stopped: AbortSignal;
}

/** What cannot be sent, as there is nobody to send it to, waits until there is, or until the attempt's time is up. */
export function waitForReady(next: Consumer, { clock, stopped }: WaitOptions): Consumer {
  return {
    async consume(batch, signal) {
      const ended = signal ? AbortSignal.any([signal, stopped]) : stopped;
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
        try {
          return await next.consume(batch, signal);
        } catch (error) {
          if (!wasNotSent(error) || ended.aborted) throw error;
          await clock.sleep(pauseMs, ended).catch(() => {
            throw error;
          });
        }
      }
    },
  };
}

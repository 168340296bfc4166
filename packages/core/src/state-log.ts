import type { Logger } from './component.ts';
import { describeError } from './errors.ts';

export interface StateLog {
  /** Warns, unless the last thing said was the same. */
  trouble(message: string, error: unknown): void;
  /** Says that it is over, with how often it was met; nothing if there was no trouble. */
  fine(message: string): void;
}

/** Says a state when it changes, and does not repeat it: what happens at every batch is for metrics. */
export function stateLog(log: Logger): StateLog {
  let said: string | undefined;
  let times = 0;
  return {
    trouble(message, error) {
      const now = `${message} ${describeError(error)}`;
      times++;
      if (now === said) return;
      said = now;
      log.warn({ error: describeError(error) }, message);
    },
    fine(message) {
      if (said === undefined) return;
      log.info({ after: times }, message);
      said = undefined;
      times = 0;
    },
  };
}

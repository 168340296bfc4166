import type { Clock } from '@millrace/core';
import { describeError, ThrottleError } from '@millrace/core';
import type { Target } from './target.ts';

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

interface Trouble {
  /** When it may be tried again. */
  until: number;
  pauseMs: number;
  /** It has asked for that time itself. */
  asked: boolean;
  /** Its pause is over, and somebody tries it. */
  probed: boolean;
}

export interface HealthOptions {
  readonly clock: Clock;
  /** Said when a target fails that did not, and when it does not any more. */
  readonly tell: (fields: object, message: string) => void;
}

export interface Health {
  /** Nothing is known against it, or its pause is over. */
  isUsable(target: Target): boolean;
  /** How long it has asked not to be sent anything; 0 if it has not. */
  askedPause(target: Target): number;
  /** Who tries one whose pause is over keeps the others away from it meanwhile. */
  take(target: Target): void;
  up(target: Target): void;
  down(target: Target, error: unknown): void;
}

/** Which targets to leave alone: those that failed, for 1 s, then twice as long each time, up to 30 s. */
export function healthOf({ clock, tell }: HealthOptions): Health {
  const troubles = new WeakMap<Target, Trouble>();
  return {
    isUsable(target) {
      const trouble = troubles.get(target);
      return !trouble || clock.now() >= trouble.until;
    },
    askedPause(target) {
      const trouble = troubles.get(target);
      return trouble?.asked ? Math.max(0, trouble.until - clock.now()) : 0;
    },
    take(target) {
      const trouble = troubles.get(target);
      if (!trouble) return;
      trouble.probed = true;
      trouble.until = clock.now() + trouble.pauseMs;
    },
    up(target) {
      if (troubles.delete(target)) tell({ endpoint: target.name }, 'The endpoint takes data again.');
    },
    down(target, error) {
      const before = troubles.get(target);
      // Those who were under way when it failed say nothing new.
      const pauseMs = before ? Math.min(before.pauseMs * (before.probed ? 2 : 1), longestPauseMs) : firstPauseMs;
      const asked = error instanceof ThrottleError;
      const until = clock.now() + (asked ? error.retryAfterMs : pauseMs);
      troubles.set(target, { until: Math.max(until, before?.until ?? 0), pauseMs, asked, probed: false });
      if (!before)
        tell({ endpoint: target.name, error: describeError(error) }, 'An endpoint fails; the others take its data.');
    },
  };
}

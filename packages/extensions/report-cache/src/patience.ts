import type { Context } from '@millrace/core';
import { code, createSweep, Refusal } from '@millrace/server';

/** With clients that take nothing of what is written to them. */
export interface Patience {
  /** Resolves when `taken` does; rejects with a Refusal where that lasts too long. */
  wait(taken: Promise<void>): Promise<void>;
  stop(): void;
}

interface Waiting {
  readonly since: number;
  refuse(): void;
}

const longestPeriodMs = 15_000;

/** `timeoutMs` 0: without an end. Each client that is given up is counted. */
export function createPatience(timeoutMs: number, { id, meter, clock }: Context): Patience {
  if (timeoutMs === 0) return { wait: (taken) => taken, stop: () => {} };
  const gaveUp = meter.createCounter('millrace_report_cache_stuck_clients', {
    unit: '{client}',
    description: 'Clients that were cut off, because they took nothing for as long as reader_timeout.',
  });
  const periodMs = Math.min(timeoutMs, longestPeriodMs);
  const sweep = createSweep<Waiting>({ clock, periodMs }, (one, now) => {
    if (now - one.since < timeoutMs) return;
    sweep.delete(one);
    gaveUp.add(1, { component: id });
    one.refuse();
  });
  return {
    wait: (taken) =>
      new Promise((resolve, reject) => {
        const waiting = { since: clock.now(), refuse: () => reject(stuck(timeoutMs)) };
        sweep.add(waiting);
        void taken.finally(() => sweep.delete(waiting)).then(resolve, reject);
      }),
    stop: () => sweep.stop(),
  };
}

const stuck = (timeoutMs: number): Refusal =>
  new Refusal(
    `The client took nothing for ${timeoutMs / 1000} s (reader_timeout). Ask again for what comes after the last cursor.`,
    {
      code: code.deadlineExceeded,
      status: 408,
    },
  );

import type { BudgetOptions } from './budget.ts';
import { readingOrder, restAfter } from './budget.ts';
import type { Failures } from './failures.ts';
import type { Process } from './process.ts';
import type { Answer } from './protocol.ts';
import { outcomes, smapsFields } from './protocol.ts';
import type { BlockingReader } from './worker-client.ts';

export interface MemoryOptions extends BudgetOptions {
  readonly reader: BlockingReader;
  readonly failures: Failures;
  readonly now: () => number;
  /** Whether it is still there: not another one with its pid. */
  readonly isAlive: (process: Process) => boolean;
  /** The pids of the processes that have ended since the last call. */
  readonly takeEnded: () => readonly number[];
}

/** Milliseconds that a scan waits beyond the budget for the reading that is under way. */
const grace = 50;
/** Without a budget: milliseconds that a scan waits for a single reading. */
const patience = 5000;
/** Milliseconds after which a process has long ended to share the memory of its parent (vfork). */
const youngMs = 10_000;
const kilobyte = 1024;

/** Keeps the processes' memory readings up to date, within the budget. */
export function memoryReadings({ reader, failures, now, isAlive, takeEnded, budgetMs, refreshMs }: MemoryOptions) {
  let scanNow = 0;

  function apply(process: Process, values: Float64Array, at: number, scan: number): void {
    if (!isAlive(process)) return;
    const outcome = values[at]!;
    process.smapsDenied = outcome === outcomes.denied;
    if (outcome !== outcomes.read) {
      process.memory = undefined;
      if (outcome === outcomes.denied) process.smapsNotBefore = now() + refreshMs;
      if (outcome === outcomes.failed) failures.failed('smaps_rollup', undefined);
      return;
    }
    // What comes in at a later scan was read before that scan's stat: it counts as moved.
    const current = scan === scanNow;
    process.memory = {
      rss: values[at + 1]! * kilobyte,
      pss: values[at + 2]! * kilobyte,
      uss: values[at + 3]! * kilobyte,
      swap: values[at + 4]! * kilobyte,
      time: now(),
      residentPages: current ? process.residentPages : Number.NaN,
      faults: process.faults,
      cpuTicks: process.userTicks + process.systemTicks,
    };
    const rest = restAfter(values[at + 5]!, budgetMs);
    if (rest > 0) process.smapsNotBeforeScan = scan + rest;
  }

  return {
    /** Resolves when what is due has been read, or the budget is used. */
    async read(processes: readonly Process[], scan: number, signal: AbortSignal): Promise<void> {
      scanNow = scan;
      if (reader.idle) {
        const time = now();
        const order = readingOrder(processes, { budgetMs, refreshMs }, { scan, now: time });
        const take = (answer: Answer): void => {
          if (answer.kind !== 'smaps') return;
          for (let at = 0, index = answer.from; at < answer.values.length; at += smapsFields, index++)
            apply(order[index]!, answer.values, at, scan);
        };
        await reader.read(
          {
            kind: 'smaps',
            budgetMs: budgetMs === 0 ? Number.POSITIVE_INFINITY : budgetMs,
            ended: Int32Array.from(takeEnded()),
          },
          Int32Array.from(order, ({ pid, createdAt }) => (time - createdAt >= youngMs ? pid : -pid)),
          budgetMs === 0
            ? { take, signal, waitMs: patience, waitsFor: 'answer' }
            : { take, signal, waitMs: budgetMs + grace, waitsFor: 'all' },
        );
      }
      for (const process of processes) if (process.smapsDenied) failures.denied('smaps_rollup');
    },
  };
}

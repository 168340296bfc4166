import type { Process } from './process.ts';

export interface BudgetOptions {
  /** Milliseconds of reading for a scan; 0: no bound. */
  readonly budgetMs: number;
  /** Milliseconds after which a process that has not moved is read again. */
  readonly refreshMs: number;
}

/**
 * The processes whose memory map is to be read in this scan, in the order in which to read them until the budget is used.
 *
 * One whose resident memory, page faults and CPU time stand where they stood at its last reading is left alone until
 * `refreshMs`. Of the others, every second place goes to the one that has changed most, in bytes, and every second to the
 * one that has waited longest: big changes are seen at once and nobody waits for ever.
 */
export function readingOrder(
  processes: readonly Process[],
  { budgetMs, refreshMs }: BudgetOptions,
  { scan, now }: { readonly scan: number; readonly now: number },
): Process[] {
  const due = processes.filter(
    (process) =>
      canBeRead(process, scan, now) && (budgetMs === 0 || hasMoved(process) || now - process.memory!.time >= refreshMs),
  );
  if (budgetMs === 0) return due;
  const changed = due.map((process) => ({ process, change: change(process) })).sort((a, b) => b.change - a.change);
  const waiting = due.toSorted((a, b) => (a.memory?.time ?? a.firstSeen) - (b.memory?.time ?? b.firstSeen));
  const order = new Set<Process>();
  for (const [index, { process }] of changed.entries()) {
    order.add(process);
    order.add(waiting[index]!);
  }
  return [...order];
}

/** Scans that a process whose reading took longer than the whole budget is left alone, so that the budget holds on average. */
export const restAfter = (tookMs: number, budgetMs: number): number =>
  budgetMs > 0 && tookMs > budgetMs ? Math.ceil(tookMs / budgetMs) : 0;

const zombie = 0x5a;

const canBeRead = (process: Process, scan: number, now: number): boolean =>
  !process.kernelThread &&
  process.state !== zombie &&
  scan >= process.smapsNotBeforeScan &&
  now >= process.smapsNotBefore;

function hasMoved({ memory, residentPages, faults, userTicks, systemTicks }: Process): boolean {
  return (
    memory === undefined ||
    memory.residentPages !== residentPages ||
    memory.faults !== faults ||
    memory.cpuTicks !== userTicks + systemTicks
  );
}

/** Pages. What was never read has changed by all it has. */
function change({ memory, residentPages }: Process): number {
  const change = Math.abs(residentPages - (memory?.residentPages ?? 0));
  return Number.isNaN(change) ? residentPages : change;
}

import type { Report } from './report.ts';

/** A report that is on a shelf, in queues of subscribers, or in both. */
export interface Held {
  readonly cluster: string;
  readonly cursor: number;
  readonly ordinal: number;
  /** Undefined once it was dropped to make room, whoever still waits for it. */
  report: Report | undefined;
  holders: number;
  /** Where storage has it. */
  slot: number | undefined;
}

/** All reports that memory is taken for, in the order in which they came. */
export interface Hold {
  readonly count: number;
  readonly bytes: number;
  /** Holds a report for its first holder. */
  add(report: Report, slot: number | undefined): Held;
  /** One holder less. */
  release(held: Held): void;
  /** Forgets it, whoever holds it. */
  drop(held: Held): void;
  all(): Iterable<Held>;
}

export function createHold(): Hold {
  const live = new Map<number, Held>();
  let bytes = 0;

  function drop(held: Held): void {
    if (!held.report) return;
    bytes -= held.report.event.length;
    held.report = undefined;
    live.delete(held.cursor);
  }

  return {
    get count() {
      return live.size;
    },
    get bytes() {
      return bytes;
    },
    add(report, slot) {
      const { cluster, cursor, ordinal, event } = report;
      const held: Held = { cluster, cursor, ordinal, report, holders: 1, slot };
      live.set(cursor, held);
      bytes += event.length;
      return held;
    },
    release(held) {
      held.holders--;
      if (held.holders === 0) drop(held);
    },
    drop,
    all: () => live.values(),
  };
}

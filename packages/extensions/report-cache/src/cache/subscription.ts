import type { Held, Hold } from './held.ts';
import type { Report } from './report.ts';

/** Reports that a subscriber does not get. */
export interface Missed {
  readonly missed: number;
}

/** What one client has yet to get. */
export interface Subscription {
  readonly isClosed: boolean;
  /** The next, in their order. Undefined if there is none now, and when it is closed. */
  take(): Report | Missed | undefined;
  /** Resolves when there may be one, or when it is closed. */
  more(): Promise<void>;
  close(): void;
}

export interface Queue extends Subscription {
  wants(cluster: string): boolean;
  /** Puts it at the end; the oldest makes room. */
  offer(held: Held): void;
}

export interface QueueOptions {
  /** None: all. */
  readonly clusters: readonly string[];
  readonly hold: Hold;
  /** Reports that may wait, besides those that it begins with. */
  readonly limit: number;
  /** What it begins with, and how many are not kept of those before. */
  readonly replay: readonly Held[];
  readonly missed: number;
  /** Told of reports that it does not get. */
  onMissed(count: number): void;
  onClose(queue: Queue): void;
}

export function createQueue({ clusters, hold, limit, replay, missed: before, onMissed, onClose }: QueueOptions): Queue {
  const wanted = new Set(clusters);
  let waiting: Held[] = [...replay];
  for (const held of waiting) held.holders++;
  let replaying = waiting.length;
  let missed = before;
  let closed = false;
  let wake: (() => void) | undefined;

  function miss(count: number): void {
    missed += count;
    onMissed(count);
  }

  function shift(): Held | undefined {
    const held = waiting.shift();
    if (held && replaying > 0) replaying--;
    return held;
  }

  function woken(): void {
    wake?.();
    wake = undefined;
  }

  if (before > 0) onMissed(before);

  const queue: Queue = {
    get isClosed() {
      return closed;
    },
    wants: (cluster) => wanted.size === 0 || wanted.has(cluster),
    offer(held) {
      if (waiting.length >= limit + replaying) {
        hold.release(shift()!);
        miss(1);
      }
      held.holders++;
      waiting.push(held);
      woken();
    },
    take() {
      while (waiting.length > 0 && !waiting[0]!.report) {
        hold.release(shift()!);
        miss(1);
      }
      if (missed > 0) {
        const told = { missed };
        missed = 0;
        return told;
      }
      const held = shift();
      const report = held?.report;
      if (held) hold.release(held);
      return report;
    },
    more: () =>
      new Promise((resolve) => {
        if (closed || waiting.length > 0 || missed > 0) resolve();
        else wake = resolve;
      }),
    close() {
      if (closed) return;
      closed = true;
      for (const held of waiting) hold.release(held);
      waiting = [];
      missed = 0;
      onClose(queue);
      woken();
    },
  };
  return queue;
}

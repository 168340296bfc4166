import type { Clock } from '@millrace/core';

/** Looks at each of a set of things now and then: one timer for all, and none while there are none. */
export interface Sweep<T> {
  add(item: T): void;
  delete(item: T): void;
  stop(): void;
}

export function createSweep<T>(
  { clock, periodMs }: { clock: Clock; periodMs: number },
  visit: (item: T, now: number) => void,
): Sweep<T> {
  const items = new Set<T>();
  const stopped = new AbortController();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    try {
      while (items.size > 0) {
        await clock.sleep(periodMs, stopped.signal);
        const now = clock.now();
        for (const item of items) visit(item, now);
      }
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    } finally {
      running = false;
    }
  }

  return {
    add(item) {
      items.add(item);
      if (!running && !stopped.signal.aborted) void run();
    },
    delete: (item) => void items.delete(item),
    stop() {
      stopped.abort();
      items.clear();
    },
  };
}

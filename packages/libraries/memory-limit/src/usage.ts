import type { Memory, MemorySource } from './process.ts';

export interface Usage {
  /** What the process uses, in bytes, as of the last look and what has come since. */
  now(): number;
  /** Counts bytes that are about to come. */
  announce(bytes: number): void;
  look(): number;
  /** Collects garbage, and looks. */
  collect(): number;
}

/**
 * The use of memory is the RSS, less what a full collection has shown to be free inside the process. The allocator of the C
 * library keeps much of what buffers had, and gives it out again to others: after 300 MiB of buffers of 20 kB have gone, RSS stays
 * at 356 MiB, however often they come and go (glibc 2.36). If it counted as used, a limit once reached would never be left.
 */
export function createUsage(source: MemorySource): Usage {
  const untracked = ({ rss, tracked }: Memory): number => Math.max(0, rss - tracked);
  /** Code, stacks, libraries: what there is besides the heap and buffers when nothing has been freed yet. */
  const fixed = untracked(source.measure());
  let free = 0;
  let used = 0;
  let heldThen = 0;
  let announced = 0;

  function take(memory: Memory, freeAtMost: number): number {
    free = Math.min(freeAtMost, Math.max(0, untracked(memory) - fixed));
    used = memory.rss - free;
    heldThen = source.held();
    announced = 0;
    return used;
  }

  return {
    // What was announced is soon held: so it counts once.
    now: () => used + Math.max(0, announced, source.held() - heldThen),
    announce: (bytes) => void (announced += bytes),
    look: () => take(source.measure(), free),
    collect() {
      source.collect();
      return take(source.measure(), Number.POSITIVE_INFINITY);
    },
  };
}

import type { Batch } from '../batch.ts';
import { byteSize, itemCount, mergeBatches } from '../batch.ts';
import type { Clock } from '../component.ts';
import type { QueueBatchConfig } from '../config/model.ts';
import { cutBatch } from '../cut.ts';
import { partitionKey, pickMetadata } from '../metadata.ts';
import type { Held } from './store.ts';

/** What is sent at once, and what it was made of. */
export interface Load {
  readonly batch: Batch;
  readonly held: readonly Held[];
  done(): void;
}

export interface Gatherer {
  /** Whether `next` has something. */
  readonly ready: boolean;
  add(held: Held): void;
  next(): Load | undefined;
  /** Makes ready what waits for more. */
  flush(): void;
  /** What was not given out, and is not any more. */
  release(): readonly Held[];
}

/** What waits for more of its kind. */
interface Group {
  readonly held: Held[];
  size: number;
  readonly timer: AbortController;
}

/**
 * Makes loads of what a queue holds: without a config each batch is one; with it, batches of one signal (and, with
 * `metadata_keys`, of the same metadata) are merged until they have `min_size` or the first has waited for `flush_timeout`.
 */
export function createGatherer(config: QueueBatchConfig | undefined, clock: Clock, becameReady: () => void): Gatherer {
  const sizeOf = config?.sizer === 'bytes' ? byteSize : itemCount;
  const groups = new Map<string, Group>();
  const loads: Load[] = [];

  function close(key: string, group: Group): void {
    groups.delete(key);
    group.timer.abort();
    const batch = mergeBatches(
      group.held.map((one) => one.batch),
      pickMetadata(group.held[0]!.batch, config!.partition.metadata_keys),
    );
    loads.push(...loadsOf({ batch, held: group.held }, config!.max_size, sizeOf));
  }

  return {
    get ready() {
      return loads.length > 0;
    },
    add(held) {
      const { batch } = held;
      if (!config || batch.signal === 'profiles') {
        loads.push({ batch, held: [held], done: held.done });
        return;
      }
      const key = partitionKey(batch, config.partition.metadata_keys);
      let group = groups.get(key);
      if (!group) {
        const timer = new AbortController();
        const opened: Group = { held: [], size: 0, timer };
        group = opened;
        groups.set(key, opened);
        clock.sleep(config.flush_timeout, timer.signal).then(
          () => {
            close(key, opened);
            becameReady();
          },
          () => {}, // It was full before its time.
        );
      }
      group.held.push(held);
      group.size += sizeOf(batch);
      if (group.size >= config.min_size) close(key, group);
    },
    next: () => loads.shift(),
    flush() {
      for (const [key, group] of groups) close(key, group);
    },
    release() {
      const held = new Set(loads.splice(0).flatMap((load) => load.held));
      for (const group of groups.values()) {
        group.timer.abort();
        for (const one of group.held) held.add(one);
      }
      groups.clear();
      return [...held];
    },
  };
}

/** The group as one load, or as several where it has more than `max`: a batch is done when all loads with a part of it are. */
function loadsOf(
  { batch: merged, held }: Omit<Load, 'done'>,
  max: number,
  sizeOf: (batch: Batch) => number,
): readonly Load[] {
  const whole = { batch: merged, held, done: () => held.forEach((one) => one.done()) };
  const size = sizeOf(merged);
  if (max === 0 || size <= max) return [whole];
  // A limit in bytes is one in items of this batch's average size.
  const items = Math.max(1, Math.floor((itemCount(merged) * max) / size));
  const pieces = cutBatch(merged, items);
  let open = pieces.length;
  const done = (): void => {
    open--;
    if (open === 0) whole.done();
  };
  return pieces.map((batch) => ({ batch, held, done }));
}

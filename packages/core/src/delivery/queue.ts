import { setImmediate } from 'node:timers/promises';
import type { Batch } from '../batch.ts';
import { byteSize, itemCount } from '../batch.ts';
import type { Consumer } from '../component.ts';
import type { QueueConfig } from '../config/model.ts';
import { RefusedError } from '../errors.ts';
import type { AdmittingConsumer } from './fanout.ts';
import { orAbort } from './abort.ts';

export interface Queue extends AdmittingConsumer {
  /** What it holds, being delivered included, in the units of `queue_size`. */
  readonly size: number;
  /** Takes no more, and resolves when all it holds is delivered or given up. What the signal cuts short is dropped. */
  shutdown(signal: AbortSignal): Promise<void>;
  /** Takes no more, gives those being delivered a moment, and returns what was not delivered: for a successor. */
  release(signal: AbortSignal): Promise<readonly Batch[]>;
  /** Takes over what a predecessor held, whether there is room or not. */
  adopt(batches: readonly Batch[]): void;
}

export interface QueueEvents {
  /** Never called with a batch that `next` accepted. */
  dropped(batch: Batch, error: unknown): void;
}

/**
 * Accepts at once and delivers behind, `num_consumers` at a time. Bounded by `queue_size` in units of `sizer`, and by
 * `max_bytes`; what is being delivered counts. A batch that alone is larger is taken when the queue is empty. Full, the
 * queue refuses, or with `block_on_overflow` makes the caller wait.
 */
export function queue(next: Consumer, config: QueueConfig, events: QueueEvents): Queue {
  const sizeOf = { requests: () => 1, items: itemCount, bytes: byteSize }[config.sizer];
  const waiting: Batch[] = [];
  const delivering = new Set<Batch>();
  const stop = new AbortController();
  let room = Promise.withResolvers<void>();
  let size = 0;
  let bytes = 0;
  let closed = false;
  let released = false;

  const hasRoom = (batch: Batch): boolean =>
    size === 0 || (size + sizeOf(batch) <= config.queue_size && bytes + byteSize(batch) <= config.max_bytes);

  function add(batch: Batch): void {
    waiting.push(batch);
    size += sizeOf(batch);
    bytes += byteSize(batch);
    work();
  }

  function remove(batch: Batch): void {
    size -= sizeOf(batch);
    bytes -= byteSize(batch);
    wake();
  }

  function wake(): void {
    room.resolve();
    room = Promise.withResolvers();
  }

  function work(): void {
    while (delivering.size < config.num_consumers && waiting.length > 0 && !released && !stop.signal.aborted) {
      const batch = waiting.shift()!;
      delivering.add(batch);
      void deliver(batch);
    }
  }

  async function deliver(batch: Batch): Promise<void> {
    try {
      await next.consume(batch, stop.signal);
    } catch (error) {
      if (released && stop.signal.aborted) return void waiting.unshift(batch);
      events.dropped(batch, error);
    } finally {
      delivering.delete(batch);
      remove(batch);
      work();
    }
  }

  const full = (): RefusedError =>
    new RefusedError(
      `the sending queue is full (${size} of ${config.queue_size} ${config.sizer}, ${bytes} of ${config.max_bytes} bytes)`,
    );

  /** Resolves when nothing is being delivered any more; when the signal aborts, ends what is. */
  async function drain(signal: AbortSignal): Promise<void> {
    while (delivering.size > 0) {
      try {
        await orAbort(room.promise, signal);
      } catch {
        stop.abort(signal.reason);
        await setImmediate(); // those that listen to their signal reject now; the others are not waited for
        return;
      }
    }
  }

  return {
    get size() {
      return size;
    },
    admit(batch) {
      if (closed) return Promise.reject(new RefusedError('the sending queue is shut down'));
      if (hasRoom(batch)) return undefined;
      return config.block_on_overflow ? room.promise : Promise.reject(full());
    },
    async consume(batch) {
      while (!closed && !hasRoom(batch)) {
        if (!config.block_on_overflow) throw full();
        await room.promise;
      }
      if (closed) throw new RefusedError('the sending queue is shut down');
      add(batch);
    },
    async shutdown(signal) {
      closed = true;
      wake();
      await drain(signal);
      for (const batch of waiting.splice(0)) {
        remove(batch);
        events.dropped(batch, signal.reason);
      }
    },
    async release(signal) {
      closed = true;
      released = true;
      wake();
      await drain(signal);
      return waiting.splice(0);
    },
    adopt: (batches) => batches.forEach(add),
  };
}

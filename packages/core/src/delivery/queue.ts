import { setImmediate } from 'node:timers/promises';
import type { Batch } from '../batch.ts';
import { byteSize, itemCount, mergeBatches, partsOf } from '../batch.ts';
import type { Clock, Consumer } from '../component.ts';
import type { QueueConfig } from '../config/model.ts';
import { isPermanent, RefusedError } from '../errors.ts';
import { orAbort } from './abort.ts';
import type { AdmittingConsumer } from './fanout.ts';
import { createGatherer, type Load } from './gather.ts';
import type { Held, Store } from './store.ts';

export interface Queue extends AdmittingConsumer {
  /** What it holds, being delivered included, in the units of `queue_size`. */
  readonly size: number;
  /** Begins to deliver. A store on disk is opened here: it rejects, and can be called again, where that fails. */
  open(): Promise<void>;
  /**
   * Takes no more, and resolves when all it holds is delivered or given up. What the signal cuts short is dropped, unless it
   * is on disk: that is kept for the next start, and only what is on its way is waited for, a moment.
   */
  shutdown(signal: AbortSignal): Promise<void>;
  /** Takes no more, gives those being delivered a moment, and returns what was not delivered: for a successor. */
  release(signal: AbortSignal): Promise<readonly Batch[]>;
  /** To be called before `open`: takes over what a predecessor held, whether there is room or not. */
  adopt(batches: readonly Batch[]): void;
}

export interface QueueEvents {
  /** Never called with a batch that `next` accepted. */
  dropped(batch: Batch, error: unknown): void;
  /** What is stored could not be read; it is tried again. */
  unreadable(error: unknown): void;
}

const readAgainMs = 1_000;
/** How long a delivery may go on at a shutdown where it can be done again at the next start. */
const momentMs = 2_000;

/**
 * Accepts at once and delivers behind, `num_consumers` at a time. Bounded by `queue_size` in units of `sizer`, and in
 * memory by `max_bytes`; what is being delivered counts. A batch that alone is larger is taken when the queue is empty. Full, the
 * queue refuses, or with `block_on_overflow` makes the caller wait.
 *
 * A merged batch that is refused for good is sent again in halves, down to the batches it was merged from, so that one
 * sender's bad data takes nobody else's down with it.
 */
export function queue(
  next: Consumer,
  config: QueueConfig,
  { store, clock, events }: { store: Store; clock: Clock; events: QueueEvents },
): Queue {
  const unit = ({ requests: 'batches', items: 'items', bytes: 'bytes' } as const)[config.sizer];
  const gatherer = createGatherer(config.batch, clock, () => work());
  const stop = new AbortController();
  const delivering = new Set<Load>();
  /** What a successor is to have, where its delivery was cut short. */
  const cutShort: Held[] = [];
  const adopted: Batch[] = [];
  let change = Promise.withResolvers<void>();
  let opened = false;
  let closed = false;
  let released = false;

  const sizeOf = (batch: Batch) => ({ batches: 1, items: itemCount(batch), bytes: byteSize(batch) });

  /** What a disk holds is bounded by its store. */
  const maxBytes = store.isDurable ? Infinity : config.max_bytes;

  function hasRoom(batch: Batch): boolean {
    const more = sizeOf(batch);
    const { size } = store;
    return size.batches === 0 || (size[unit] + more[unit] <= config.queue_size && size.bytes + more.bytes <= maxBytes);
  }

  function changed(): void {
    change.resolve();
    change = Promise.withResolvers();
  }

  const isStopped = (): boolean => !opened || released || stop.signal.aborted || (closed && store.isDurable);

  /** A store on disk is being asked; whoever wants work in the meantime has it done afterwards. */
  let reading = false;
  let wanted = false;

  /** Starts as many deliveries as may run, as long as there is something to deliver. */
  function work(): void {
    if (reading) {
      wanted = true;
      return;
    }
    while (!isStopped() && delivering.size < config.num_consumers) {
      const load = gatherer.next();
      if (load) {
        delivering.add(load);
        void deliver(load);
        continue;
      }
      const held = store.next();
      if (held instanceof Promise) return void readOn(held);
      if (held) gatherer.add(held);
      else if (closed) gatherer.flush();
      if (!held && !gatherer.ready) return;
    }
  }

  async function readOn(next: Promise<Held | undefined>): Promise<void> {
    reading = true;
    wanted = false;
    let held: Held | undefined;
    try {
      held = await next;
    } catch (error) {
      events.unreadable(error);
      await clock.sleep(readAgainMs);
      wanted = true;
    }
    reading = false;
    if (held) gatherer.add(held);
    if (held || wanted) work();
  }

  async function deliver(load: Load): Promise<void> {
    try {
      await send(load.batch);
      load.done();
    } catch {
      // Only where it was cut short: what was refused has been given up.
      if (!store.isDurable) cutShort.push(...load.held);
    } finally {
      delivering.delete(load);
      changed();
      work();
    }
  }

  /** Resolves when every part was accepted, or refused and given up; rejects where it was cut short for a successor. */
  async function send(batch: Batch): Promise<void> {
    try {
      await next.consume(batch, stop.signal);
    } catch (error) {
      if (stop.signal.aborted && (released || store.isDurable)) throw error;
      const parts = partsOf(batch);
      if (parts.length === 1 || !isPermanent(error)) return events.dropped(batch, error);
      const half = parts.length >> 1;
      await send(mergeBatches(parts.slice(0, half)));
      await send(mergeBatches(parts.slice(half)));
    }
    return undefined;
  }

  function full(): RefusedError {
    const { size } = store;
    const bytes = store.isDurable ? '' : `, ${size.bytes} of ${maxBytes} bytes`;
    return new RefusedError(
      `the sending queue is full (${size[unit]} of ${config.queue_size} ${config.sizer}${bytes})`,
    );
  }
  const shutDown = (): RefusedError => new RefusedError('the sending queue is shut down');

  /** Resolves when nothing is being delivered any more; when the signal aborts, ends what is. */
  async function drain(signal: AbortSignal): Promise<void> {
    work();
    while (delivering.size > 0) {
      try {
        await orAbort(change.promise, signal);
      } catch {
        stop.abort(signal.reason);
        await setImmediate(); // those that listen to their signal reject now; the others are not waited for
        return;
      }
    }
  }

  return {
    get size() {
      return store.size[unit];
    },
    async open() {
      if (opened) return;
      await store.open();
      opened = true;
      for (const batch of adopted.splice(0)) await store.add(batch, changed);
      work();
    },
    admit(batch) {
      if (closed) return Promise.reject(shutDown());
      if (hasRoom(batch)) return undefined;
      return config.block_on_overflow ? change.promise : Promise.reject(full());
    },
    async consume(batch) {
      while (!closed && !hasRoom(batch)) {
        if (!config.block_on_overflow) throw full();
        await change.promise;
      }
      if (closed) throw shutDown();
      await store.add(batch, changed);
      work();
    },
    async shutdown(signal) {
      closed = true;
      changed();
      await drain(store.isDurable ? AbortSignal.any([signal, AbortSignal.timeout(momentMs)]) : signal);
      if (!store.isDurable)
        for (const held of [...gatherer.release(), ...store.release()]) {
          events.dropped(held.batch, signal.reason);
          held.done();
        }
      await store.close();
      changed();
    },
    async release(signal) {
      closed = true;
      released = true;
      changed();
      await drain(signal);
      const held = store.isDurable ? [] : [...new Set([...cutShort, ...gatherer.release(), ...store.release()])];
      for (const one of held) one.done();
      await store.close();
      return [...held.sort((a, b) => a.order - b.order).map(({ batch }) => batch), ...adopted.splice(0)];
    },
    adopt: (batches) => void adopted.push(...batches),
  };
}

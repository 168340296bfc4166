import type { Batch } from '../batch.ts';
import { byteSize, itemCount } from '../batch.ts';
import type { StoredBatches } from '../component.ts';
import { RefusedError } from '../errors.ts';
import { hold } from '../memory.ts';

/** A batch that a queue holds. */
export interface Held {
  readonly batch: Batch;
  /** Its place in the order in which batches came. */
  readonly order: number;
  /** It was delivered or given up. */
  done(): void;
}

/** Where a queue keeps what it holds. */
export interface Store {
  /** What it keeps outlives the process. */
  readonly isDurable: boolean;
  /** What is held and not done, what is being added included. */
  readonly size: { readonly batches: number; readonly items: number; readonly bytes: number };
  open(): Promise<void>;
  /** The batch is held when it resolves, and counts at the call. `freed` is called when it counts no longer. */
  add(batch: Batch, freed: () => void): Promise<void> | undefined;
  /** The next that was not given out yet, in order; undefined if there is none now. */
  next(): Promise<Held | undefined> | Held | undefined;
  /** What was not given out, and is not any more. */
  release(): readonly Held[];
  close(): Promise<void>;
}

/** Keeps batches in memory: they count as held bytes of the process. */
export function memoryStore(): Store {
  const size = { batches: 0, items: 0, bytes: 0 };
  const waiting: Held[] = [];
  let first = 0;
  let order = 0;
  return {
    isDurable: false,
    size,
    open: async () => {},
    add(batch, freed) {
      const [items, bytes] = [itemCount(batch), byteSize(batch)];
      const letGo = hold(bytes);
      size.batches++;
      size.items += items;
      size.bytes += bytes;
      const done = (): void => {
        letGo();
        size.batches--;
        size.items -= items;
        size.bytes -= bytes;
        freed();
      };
      waiting.push({ batch, order: order++, done });
      return undefined;
    },
    next() {
      const held = waiting[first];
      if (!held) return undefined;
      first++;
      if (first === waiting.length || first > 1000) first -= waiting.splice(0, first).length;
      return held;
    },
    release: () => waiting.splice(0).slice(first),
    close: async () => {},
  };
}

/** Keeps batches on disk, and in memory only those that are being delivered. */
export function diskStore(openBatches: () => Promise<StoredBatches>): Store {
  const adding = { batches: 0, items: 0, bytes: 0 };
  let stored: StoredBatches | undefined;
  let freed = (): void => {};
  let order = 0;
  return {
    isDurable: true,
    get size() {
      const { batches, items, bytes } = stored?.size ?? { batches: 0, items: 0, bytes: 0 };
      return { batches: batches + adding.batches, items: items + adding.items, bytes: bytes + adding.bytes };
    },
    async open() {
      stored ??= await openBatches();
    },
    async add(batch, changed) {
      if (!stored) throw new RefusedError('the sending queue is not open yet');
      freed = changed;
      const [items, bytes] = [itemCount(batch), byteSize(batch)];
      adding.batches++;
      adding.items += items;
      adding.bytes += bytes;
      try {
        await stored.append(batch);
      } finally {
        adding.batches--;
        adding.items -= items;
        adding.bytes -= bytes;
      }
    },
    async next() {
      const one = await stored?.read();
      if (!one) return undefined;
      const letGo = hold(byteSize(one.batch));
      const done = (): void => {
        letGo();
        one.done();
        freed();
      };
      return { batch: one.batch, order: order++, done };
    },
    release: () => [],
    async close() {
      await stored?.close();
      stored = undefined;
    },
  };
}

import type { Batch } from '../batch.ts';
import { itemCount } from '../batch.ts';
import type { Consumer } from '../component.ts';

export interface Sink extends Consumer {
  readonly batches: Batch[];
  /** Data points or log records over all batches. */
  readonly items: number;
  /** The next batches are refused with these, one each, before it takes again. */
  readonly failures: unknown[];
}

/** A consumer that keeps what it is given. */
export function sink(): Sink {
  const batches: Batch[] = [];
  const failures: unknown[] = [];
  return {
    batches,
    failures,
    get items() {
      return batches.reduce((sum, batch) => sum + itemCount(batch), 0);
    },
    async consume(batch) {
      if (failures.length > 0) throw failures.shift();
      batches.push(batch);
    },
  };
}

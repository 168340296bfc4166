import type { LogsBatch, ResourceLogs } from './batch.ts';
import { itemCount, logsBatch } from './batch.ts';
import { isPermanent, NoPipelineError } from './errors.ts';

/** Log records that were scraped and that no pipeline has taken yet: unlike a metric, a record does not come again. */
export interface Backlog {
  add(resourceLogs: readonly ResourceLogs[]): void;
  /** Hands all of it to the consumer. Rejects if that refused; what may be taken later is kept for then. */
  handOver(consume: (batch: LogsBatch) => Promise<void>): Promise<void>;
}

/** More records than this are not kept for a pipeline that does not take them; the oldest go. */
const maxRecords = 10_000;

export function createBacklog(dropped: (items: number, reason: string) => void): Backlog {
  let waiting: readonly ResourceLogs[] = [];

  function bound(): void {
    let surplus = itemCount(logsBatch(waiting)) - maxRecords;
    while (surplus > 0) {
      const oldest = itemCount(logsBatch(waiting.slice(0, 1)));
      dropped(oldest, 'pipeline_refused');
      waiting = waiting.slice(1);
      surplus -= oldest;
    }
  }

  return {
    add(resourceLogs) {
      waiting = [...waiting, ...resourceLogs];
    },
    async handOver(consume) {
      if (waiting.length === 0) return;
      const batch = logsBatch(waiting);
      waiting = [];
      try {
        await consume(batch);
      } catch (error) {
        if (error instanceof NoPipelineError) return;
        if (isPermanent(error)) dropped(itemCount(batch), 'pipeline_refused');
        else waiting = [...batch.resourceLogs, ...waiting];
        bound();
        throw error;
      }
    },
  };
}

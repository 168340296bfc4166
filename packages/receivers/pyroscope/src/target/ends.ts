import { type Batch, itemCount } from '@millrace/core';
import type { HandOver } from '../emit/handover.ts';

interface EndsHost {
  readonly handOver: HandOver;
  dropped(items: number, reason: string): void;
  /** Aborted when all is to end. */
  readonly stopping: AbortSignal;
}

/** So many wait at most for a pipeline that does not take them. */
const mostWaiting = 1_000;

/** Hands on the ends of series. An end does not come again, so it is handed on until it is taken. Never rejects. */
export function endsHandOver({ handOver, dropped, stopping }: EndsHost): (batches: Iterable<Batch>) => Promise<void> {
  let waiting = 0;

  async function handOn(batch: Batch): Promise<void> {
    const drop = (): void => dropped(itemCount(batch), 'pipeline_refused');
    if (waiting >= mostWaiting) {
      drop();
      return;
    }
    waiting++;
    await handOver.keepTrying([batch], stopping).catch(drop);
    waiting--;
  }

  return async (batches) => {
    for (const batch of batches) await handOn(batch);
  };
}

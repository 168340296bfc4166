import type { Batch } from '../batch.ts';
import type { Consumer } from '../component.ts';

/** A consumer that can say beforehand whether it would take a batch. */
export interface AdmittingConsumer extends Consumer {
  /**
   * Undefined: it has room for the batch now. Otherwise a promise that resolves when asking again makes sense, or rejects
   * as `consume` would.
   */
  admit?(batch: Batch, signal?: AbortSignal): Promise<void> | undefined;
}

/**
 * Gives every consumer the same batch. Asks all of them for room first and only then hands over, so that a refusal by one
 * leaves nothing half delivered; each then goes at its own pace, and the slowest is waited for.
 */
export function fanOut(consumers: readonly AdmittingConsumer[]): AdmittingConsumer {
  if (consumers.length === 1) return consumers[0]!;
  const admit = (batch: Batch, signal?: AbortSignal): Promise<void> | undefined => {
    for (const consumer of consumers) {
      const wait = consumer.admit?.(batch, signal);
      if (wait) return wait;
    }
    return undefined;
  };
  return {
    admit,
    async consume(batch, signal) {
      for (let wait = admit(batch, signal); wait; wait = admit(batch, signal)) await wait;
      // Queues take at the call, so nothing can come between the room asked for and the room taken: do not await here.
      const results = await Promise.allSettled(consumers.map((consumer) => consumer.consume(batch, signal)));
      const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      if (errors.length > 0)
        throw new AggregateError(errors, `${errors.length} of ${consumers.length} consumers refused the batch`);
    },
  };
}

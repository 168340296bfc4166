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

/** What one consumer is to get. */
export interface Delivery {
  readonly to: AdmittingConsumer;
  readonly batch: Batch;
}

/** Undefined if every consumer has room for its batch. */
export function admitAll(deliveries: readonly Delivery[], signal?: AbortSignal): Promise<void> | undefined {
  for (const { to, batch } of deliveries) {
    const wait = to.admit?.(batch, signal);
    if (wait) return wait;
  }
  return undefined;
}

/**
 * Gives every consumer its batch. Asks all of them for room first and only then hands over, so that a refusal by one leaves
 * nothing half delivered; each then goes at its own pace, and the slowest is waited for.
 */
export async function deliverAll(deliveries: readonly Delivery[], signal?: AbortSignal): Promise<void> {
  if (deliveries.length === 1) return deliveries[0]!.to.consume(deliveries[0]!.batch, signal);
  for (let wait = admitAll(deliveries, signal); wait; wait = admitAll(deliveries, signal)) await wait;
  // Queues take at the call, so nothing can come between the room asked for and the room taken: do not await here.
  const results = await Promise.allSettled(deliveries.map(({ to, batch }) => to.consume(batch, signal)));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} of ${deliveries.length} consumers refused the batch`);
  return undefined;
}

/** One consumer that gives all of these the same batch. */
export function fanOut(consumers: readonly AdmittingConsumer[]): AdmittingConsumer {
  if (consumers.length === 1) return consumers[0]!;
  const toAll = (batch: Batch): readonly Delivery[] => consumers.map((to) => ({ to, batch }));
  return {
    admit: (batch, signal) => admitAll(toAll(batch), signal),
    consume: (batch, signal) => deliverAll(toAll(batch), signal),
  };
}

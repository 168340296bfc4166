import type { Batch } from '../batch.ts';
import type { Component, Consumer, Context } from '../component.ts';
import type { ExporterHost } from '../config/model.ts';
import { stateLog } from '../state-log.ts';
import { orAbort } from './abort.ts';
import type { AdmittingConsumer } from './fanout.ts';
import { exporterCounts } from './observe.ts';
import { queue } from './queue.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

/** What stands between the pipelines and one exporter: queue → retry → timeout → export, each where it is configured. */
export interface Edge extends AdmittingConsumer {
  /** Delivers what is held within the signal's deadline, and takes no more. */
  drain(signal: AbortSignal): Promise<void>;
  /** Stops at once and returns what is held: for a successor to adopt. */
  release(signal: AbortSignal): Promise<readonly Batch[]>;
  /** Takes over what a predecessor held, whether there is room or not. */
  adopt(batches: readonly Batch[]): void;
}

export function edge(
  exporter: Component & Consumer,
  host: ExporterHost,
  context: Context & { ready: Promise<void> },
): Edge {
  const { meter, id, log } = context;
  const counts = exporterCounts(meter, id);
  const state = stateLog(log);

  const counted: Consumer = {
    async consume(batch, signal) {
      counts.inFlight(1);
      try {
        await exporter.consume(batch, signal);
      } finally {
        counts.inFlight(-1);
      }
    },
  };
  const attempts = retry(timeout(counted, host.timeout), host.retry_on_failure, context);
  const send: Consumer = {
    async consume(batch, signal) {
      await (signal ? orAbort(context.ready, signal) : context.ready);
      try {
        await attempts.consume(batch, signal);
      } catch (error) {
        counts.failed(batch, error);
        throw error;
      }
      counts.sent(batch);
      state.fine('Nothing is dropped any more.');
    },
  };

  if (!host.sending_queue.enabled)
    return { consume: send.consume, drain: async () => {}, release: async () => [], adopt: () => {} };

  const waiting = queue(send, host.sending_queue, {
    dropped: (batch, error) => state.trouble(`Dropped ${batch.signal} for good.`, error),
  });
  counts.queue({ size: () => waiting.size, capacity: host.sending_queue.queue_size });
  return {
    admit: (batch, signal) => waiting.admit?.(batch, signal),
    async consume(batch, signal) {
      try {
        await waiting.consume(batch, signal);
      } catch (error) {
        counts.refused(batch);
        throw error;
      }
    },
    drain: (signal) => waiting.shutdown(signal),
    release: (signal) => waiting.release(signal),
    adopt: (batches) => waiting.adopt(batches),
  };
}

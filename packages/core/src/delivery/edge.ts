import { type Batch, itemCount } from '../batch.ts';
import type { Component, Consumer, Context, ExporterStatus, StoredBatches } from '../component.ts';
import type { ExporterHost } from '../config/model.ts';
import { describeError, PermanentError } from '../errors.ts';
import { stateLog } from '../state-log.ts';
import { orAbort } from './abort.ts';
import type { AdmittingConsumer } from './fanout.ts';
import { exporterCounts } from './observe.ts';
import { queue } from './queue.ts';
import { diskStore, memoryStore } from './store.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

/** What stands between the pipelines and one exporter: queue → retry → timeout → export, each where it is configured. */
export interface Edge extends AdmittingConsumer {
  /** Begins to deliver; rejects, and can be called again, where what is on disk cannot be opened. */
  open(): Promise<void>;
  /** Delivers what is held within the signal's deadline, and takes no more. */
  drain(signal: AbortSignal): Promise<void>;
  /** Stops at once and returns what is held: for a successor to adopt. */
  release(signal: AbortSignal): Promise<readonly Batch[]>;
  /** Takes over what a predecessor held, whether there is room or not. */
  adopt(batches: readonly Batch[]): void;
  status(): ExporterStatus;
}

export function edge(
  exporter: Component & Consumer,
  host: ExporterHost,
  context: Context & { ready: Promise<void>; place: string },
): Edge {
  const { meter, id, log, clock } = context;
  const counts = exporterCounts(meter, id);
  const state = stateLog(log);
  let lastSuccess: number | undefined;
  let failingSince: number | undefined;
  let lastError: string | undefined;

  const observed: Consumer = {
    async consume(batch, signal) {
      counts.inFlight(1);
      try {
        await exporter.consume(batch, signal);
        lastSuccess = clock.now();
        failingSince = undefined;
      } catch (error) {
        failingSince ??= clock.now();
        lastError = describeError(error);
        throw error;
      } finally {
        counts.inFlight(-1);
      }
    },
  };
  const attempts = retry(timeout(observed, host.timeout), host.retry_on_failure, context);
  const send: Consumer = {
    async consume(batch, signal) {
      await (signal ? orAbort(context.ready, signal) : context.ready);
      await attempts.consume(batch, signal);
      counts.sent(batch);
      state.fine('Nothing is dropped any more.');
    },
  };
  const status = (queued: ExporterStatus['queue']): ExporterStatus => ({
    lastSuccess,
    failingSince,
    lastError: failingSince === undefined ? undefined : lastError,
    queue: queued,
  });

  const undelivered = (batch: Batch): number => exporter.undelivered?.(batch) ?? itemCount(batch);

  const { sending_queue: config } = host;
  if (!config.enabled)
    return {
      async consume(batch, signal) {
        try {
          await send.consume(batch, signal);
        } catch (error) {
          // Whoever has it may give it again, and then it is sent as a whole.
          counts.failed(batch, undelivered(batch), error);
          throw error;
        }
      },
      open: async () => {},
      drain: async () => {},
      release: async () => [],
      adopt: () => {},
      status: () => status(undefined),
    };

  const { storage } = config;
  const store = storage === undefined ? memoryStore() : diskStore(() => openBatches(context, storage));
  const waiting = queue(send, config, {
    store,
    clock,
    events: {
      dropped(batch, error) {
        const items = undelivered(batch);
        counts.failed(batch, items, error);
        if (items < itemCount(batch)) counts.sent(batch, itemCount(batch) - items);
        state.trouble(`Dropped ${batch.signal} for good.`, error);
      },
      unreadable: (error) => state.trouble('What the queue has stored cannot be read, trying again.', error),
    },
  });
  counts.queue({ size: () => waiting.size, capacity: config.queue_size });
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
    open: () => waiting.open(),
    drain: (signal) => waiting.shutdown(signal),
    release: (signal) => waiting.release(signal),
    adopt: (batches) => waiting.adopt(batches),
    status: () => status({ size: waiting.size, capacity: config.queue_size }),
  };
}

function openBatches(context: Context & { place: string }, storage: string): Promise<StoredBatches> {
  const extension = context.extension(storage);
  if (!extension.openBatches) throw new PermanentError(`The extension ${storage} stores nothing.`);
  return extension.openBatches(context.place);
}

import type { Batch, ExtensionContext, Logger, ResourceBatch } from '@millrace/core';
import { dropCounter, itemCount, PermanentError } from '@millrace/core';
import { code, Refusal, shuttingDown } from '@millrace/server';
import { createCounters } from './counters.ts';
import { createHold } from './held.ts';
import type { Range, RangeRequest } from './lookup.ts';
import { keptOf, latestOf, rangeOf } from './lookup.ts';
import type { Report } from './report.ts';
import { reportOf } from './report.ts';
import type { ShelfLimits } from './shelves.ts';
import { createShelves } from './shelves.ts';
import { createSlots } from './slots.ts';
import { splitByCluster } from './split.ts';
import type { Queue, Subscription } from './subscription.ts';
import { createQueue } from './subscription.ts';

export interface CacheConfig extends ShelfLimits {
  readonly cluster_attribute: string;
  readonly subscriber_queue: number;
  readonly max_subscribers: number;
  readonly storage?: string;
}

export interface SubscribeRequest {
  /** None: all. */
  readonly clusters: readonly string[];
  /** First what is kept after this cursor. Without it only what comes. */
  readonly after: number | undefined;
}

/** A cursor that no report has had yet is from before the cache began anew: all that is kept is after it. */
export interface Cache {
  /** Reads what storage has. */
  open(): Promise<void>;
  /** Resolves when it has the batch: in storage, where there is one. Batches are taken in the order in which they come. */
  take(batch: Batch): Promise<void>;
  /** The newest of each signal of these clusters, by cursor. None: of all. */
  latest(clusters: readonly string[]): readonly Report[];
  /** Undefined for a cluster of which nothing has come. */
  range(request: RangeRequest): Range | undefined;
  /** Throws a Refusal where there are too many. */
  subscribe(request: SubscribeRequest): Subscription;
  clusters(): readonly string[];
  /** Takes nothing more, and ends all subscriptions. */
  close(): Promise<void>;
}

export function createCache(config: CacheConfig, context: ExtensionContext): Cache {
  const { clock, log } = context;
  const drop = dropCounter(context);
  const hold = createHold();
  const queues = new Set<Queue>();
  const [tooManyClusters, tooLarge] = [warnOnce(log), warnOnce(log)];
  const slots = config.storage === undefined ? undefined : createSlots(context.storage, log);
  const shelves = createShelves({
    limits: config,
    hold,
    onGone({ slot }, why) {
      if (slot === undefined) return;
      if (why === 'older') slots!.free(slot);
      else slots!.erase(slot);
    },
    onForgotten: (cluster) =>
      tooManyClusters({ cluster, max_clusters: config.max_clusters }, 'There are too many clusters: one is forgotten.'),
  });
  const counters = createCounters(context, () => ({
    reports: hold.count,
    bytes: hold.bytes,
    clusters: shelves.clusterCount,
    subscribers: queues.size,
  }));
  let last = 0;
  let closed = false;
  let turn: Promise<void> = Promise.resolve();
  const from = (after: number): number => (after > last ? 0 : after);

  function keep(report: Report, slot: number | undefined): void {
    const held = hold.add(report, slot);
    last = report.cursor;
    shelves.put(held, report.signal);
    for (const queue of queues) if (queue.wants(report.cluster)) queue.offer(held);
  }

  async function store(batch: ResourceBatch): Promise<void> {
    if (closed) throw new Error('The report cache has been shut down.');
    const reports = reportsIn(batch);
    const numbers = await slots?.write(reports);
    for (const [index, report] of reports.entries()) keep(report, numbers?.[index]);
  }

  function reportsIn(batch: ResourceBatch): readonly Report[] {
    const reports: Report[] = [];
    const { signal } = batch;
    const time = clock.now();
    for (const [cluster, part] of splitByCluster(batch, config.cluster_attribute)) {
      const ordinal = shelves.countOf(cluster, signal) + 1;
      const report = reportOf({ cluster, cursor: last + reports.length + 1, time, signal, ordinal }, part);
      if (report.event.length <= config.max_bytes) reports.push(report);
      else {
        drop(itemCount(part), 'too_large');
        tooLarge({ cluster, bytes: report.event.length }, 'A report is larger than max_bytes: it is not kept.');
      }
    }
    return reports;
  }

  return {
    async open() {
      for (const { report, slot } of (await slots?.load()) ?? []) {
        // One that was not taken back in time when another part of its batch could not be written.
        if (report.cursor <= last) slots!.erase(slot);
        else keep(report, slot);
      }
    },

    take(batch) {
      if (batch.signal === 'profiles') return Promise.reject(new PermanentError('Profiles are not kept in reports.'));
      const taken = turn.then(() => store(batch));
      turn = taken.catch(() => {});
      return taken;
    },

    latest: (clusters) => latestOf(shelves, clusters),
    range: (request) => rangeOf(shelves, { ...request, after: from(request.after) }),
    clusters: () => [...shelves.clusters()].sort(),

    subscribe({ clusters, after }) {
      if (closed) throw shuttingDown();
      if (queues.size >= config.max_subscribers) throw tooMany(queues.size);
      const kept = after === undefined ? nothing : keptOf(shelves, { clusters, after: from(after) });
      const queue = createQueue({
        clusters,
        hold,
        limit: config.subscriber_queue,
        replay: kept.held,
        missed: kept.missed,
        onMissed: counters.missed,
        onClose: (one) => void queues.delete(one),
      });
      queues.add(queue);
      return queue;
    },

    async close() {
      closed = true;
      for (const queue of queues) queue.close();
      await turn;
      await slots?.settled();
      counters.stop();
    },
  };
}

/** What may happen at every batch is said when it happens first. */
function warnOnce(log: Logger): (fields: object, message: string) => void {
  let said = false;
  return (fields, message) => {
    if (!said) log.warn(fields, message);
    said = true;
  };
}

const nothing = { held: [], missed: 0 };

const tooMany = (subscribers: number): Refusal =>
  new Refusal(`There are ${subscribers} subscribers, as many as max_subscribers allows.`, {
    code: code.resourceExhausted,
    status: 429,
    retryAfterMs: 10_000,
  });

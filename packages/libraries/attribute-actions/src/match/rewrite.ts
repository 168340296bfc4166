import type {
  MetricData,
  ResourceBatch,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
  ScopeLogs,
  ScopeMetrics,
  ScopeSpans,
} from '@millrace/core';
import { batchOf, isPlain, mergeBatches, partsOf, resourcesOf, splitByResource } from '@millrace/core';
import { narrow } from './narrow.ts';
import type { Item, Selector, Verdict } from './selector.ts';

/** What becomes of an item. */
export type Fate = 'stays' | 'goes' | (<T extends Item>(item: T) => T);

interface Fates {
  readonly selected: Fate;
  readonly others: Fate;
}

/**
 * The batch with its items changed, or without them, as their fates are. The batch itself if nothing changed; undefined if
 * nothing is left. A merged batch keeps its seams. Where resources alone decide, what is below them is not decoded.
 */
export function rewrite(batch: ResourceBatch, selector: Selector, fates: Fates): ResourceBatch | undefined {
  const parts = partsOf(batch) as readonly ResourceBatch[];
  if (parts.length > 1) return rewriteParts(batch, parts, (part) => rewrite(part, selector, fates));
  if (isPlain(batch) || !selector.looksAtResources) return rewriteObjects(batch, selector, fates);
  const split = splitByResource(batch);
  return rewriteParts(
    batch,
    split.map((part) => part.batch),
    (part, index) => {
      const verdict = selector.ofResource(split[index]!.resource, batch.signal);
      const fate = verdict === undefined ? undefined : verdict ? fates.selected : fates.others;
      if (fate === 'stays') return part;
      return fate === 'goes' ? undefined : rewriteObjects(part, selector, fates);
    },
  );
}

function rewriteParts(
  batch: ResourceBatch,
  parts: readonly ResourceBatch[],
  rewritePart: (part: ResourceBatch, index: number) => ResourceBatch | undefined,
): ResourceBatch | undefined {
  const rewritten = parts.map(rewritePart);
  if (rewritten.every((part, index) => part === parts[index])) return batch;
  const left = rewritten.filter((part) => part !== undefined);
  return left.length > 0 ? (mergeBatches(left) as ResourceBatch) : undefined;
}

function rewriteObjects(batch: ResourceBatch, selector: Selector, fates: Fates): ResourceBatch | undefined {
  const resources = resourcesOf(batch);
  const changed = rewriteResources[batch.signal](resources as never, selector, fates);
  if (changed === resources) return batch;
  return changed.length > 0 ? (batchOf(batch.signal, changed as never, batch.metadata) as ResourceBatch) : undefined;
}

const rewriteResources = {
  metrics: (list: readonly ResourceMetrics[], selector: Selector, fates: Fates) =>
    narrow(list, (one) => {
      const scopeMetrics = narrow(one.scopeMetrics, (within): ScopeMetrics | undefined => {
        const verdictOf = selector.of({ resource: one.resource, scope: within.scope }, 'metrics');
        const metrics = narrow(within.metrics, (metric) => {
          const dataPoints = rewriteItems<Item>(metric.dataPoints, verdictOf(metric.descriptor.name), fates);
          return replaced(
            metric,
            { list: metric.dataPoints, by: dataPoints },
            () => ({ ...metric, dataPoints }) as MetricData,
          );
        });
        return replaced(within, { list: within.metrics, by: metrics }, () => ({ ...within, metrics }));
      });
      return replaced(one, { list: one.scopeMetrics, by: scopeMetrics }, () => ({ ...one, scopeMetrics }));
    }),

  logs: (list: readonly ResourceLogs[], selector: Selector, fates: Fates) =>
    narrow(list, (one) => {
      const scopeLogs = narrow(one.scopeLogs, (within): ScopeLogs | undefined => {
        const verdictOf = selector.of({ resource: one.resource, scope: within.scope }, 'logs');
        const logRecords = rewriteItems(within.logRecords, verdictOf(), fates);
        return replaced(within, { list: within.logRecords, by: logRecords }, () => ({ ...within, logRecords }));
      });
      return replaced(one, { list: one.scopeLogs, by: scopeLogs }, () => ({ ...one, scopeLogs }));
    }),

  traces: (list: readonly ResourceSpans[], selector: Selector, fates: Fates) =>
    narrow(list, (one) => {
      const scopeSpans = narrow(one.scopeSpans, (within): ScopeSpans | undefined => {
        const verdictOf = selector.of({ resource: one.resource, scope: within.scope }, 'traces');
        const spans = rewriteItems(within.spans, verdictOf(), fates);
        return replaced(within, { list: within.spans, by: spans }, () => ({ ...within, spans }));
      });
      return replaced(one, { list: one.scopeSpans, by: scopeSpans }, () => ({ ...one, scopeSpans }));
    }),
};

/** What holds a list goes with the last that was in it. */
function replaced<T>(
  holder: T,
  { list, by }: { readonly list: readonly unknown[]; readonly by: readonly unknown[] },
  replace: () => T,
): T | undefined {
  if (by === list) return holder;
  return by.length > 0 ? replace() : undefined;
}

function rewriteItems<T extends Item>(list: readonly T[], verdict: Verdict, { selected, others }: Fates): readonly T[] {
  if (typeof verdict === 'boolean') {
    const fate = verdict ? selected : others;
    if (fate === 'stays') return list;
    return fate === 'goes' ? [] : narrow(list, fate);
  }
  return narrow(list, (item) => {
    const fate = verdict(item) ? selected : others;
    if (fate === 'stays') return item;
    return fate === 'goes' ? undefined : fate(item);
  });
}

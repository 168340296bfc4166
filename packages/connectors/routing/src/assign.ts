import type { Condition, Subject } from '@millrace/conditions';
import type { Batch, ResourceBatch } from '@millrace/core';
import { itemCount, mergeBatches, splitByResource } from '@millrace/core';
import { partition, type Halves } from './partition.ts';

export interface Route {
  readonly condition: Condition;
  readonly pipelines: readonly string[];
  readonly action: 'move' | 'copy';
}

/** The routes that one signal can take. */
export interface Table {
  readonly routes: readonly Route[];
  readonly defaults: readonly string[];
}

export interface Assigned {
  /** What each pipeline is to get. */
  readonly batches: ReadonlyMap<string, Batch>;
  /** Items that have nowhere to go. */
  readonly unrouted: number;
}

/**
 * Looks no deeper than the conditions do: where they need only the request, the batch stays whole; where they need only the
 * resource, what is below it stays encoded.
 */
export function assign(batch: ResourceBatch, { routes, defaults }: Table): Assigned {
  const parts = new Map<string, Batch[]>();
  let unrouted = 0;
  const give = (pipelines: readonly string[], part: Batch): void => {
    for (const pipeline of pipelines) {
      const list = parts.get(pipeline);
      if (list) list.push(part);
      else parts.set(pipeline, [part]);
    }
  };
  const rest = (part: Batch): void => {
    if (defaults.length > 0) give(defaults, part);
    else unrouted += itemCount(part);
  };

  const subject: Subject = { metadata: batch.metadata };
  let first = 0;
  for (; first < routes.length; first++) {
    const { condition, pipelines, action } = routes[first]!;
    if (condition.needs !== 'request') break;
    if (!condition.test(subject)) continue;
    give(pipelines, batch);
    if (action === 'move') return { batches: merge(parts, [batch], batch), unrouted };
  }
  if (first === routes.length) {
    rest(batch);
    return { batches: merge(parts, [batch], batch), unrouted };
  }

  const split = splitByResource(batch);
  for (const { resource, batch: part } of split) {
    subject.resource = resource;
    let left: ResourceBatch | undefined = part;
    for (let index = first; index < routes.length && left; index++) {
      const { condition, pipelines, action } = routes[index]!;
      const [matched, others]: Halves<ResourceBatch> = take(left, condition, subject);
      if (matched) give(pipelines, matched);
      if (action === 'move') left = others;
    }
    if (left) rest(left);
  }
  return {
    batches: merge(
      parts,
      split.map((part) => part.batch),
      batch,
    ),
    unrouted,
  };
}

function take(batch: ResourceBatch, condition: Condition, subject: Subject): Halves<ResourceBatch> {
  if (condition.needs === 'item') return partition(batch, condition, subject);
  return condition.test(subject) ? [batch, undefined] : [undefined, batch];
}

/** One batch for each pipeline, the same object for those that get the same: so it is encoded once. */
function merge(
  parts: ReadonlyMap<string, readonly Batch[]>,
  all: readonly Batch[],
  whole: Batch,
): ReadonlyMap<string, Batch> {
  const known: { readonly list: readonly Batch[]; readonly batch: Batch }[] = [{ list: all, batch: whole }];
  const merged = new Map<string, Batch>();
  for (const [pipeline, list] of parts) {
    let same = known.find((one) => isSame(one.list, list));
    if (!same) known.push((same = { list, batch: mergeBatches(list) }));
    merged.set(pipeline, same.batch);
  }
  return merged;
}

const isSame = (one: readonly Batch[], other: readonly Batch[]): boolean =>
  one.length === other.length && one.every((part, index) => part === other[index]);

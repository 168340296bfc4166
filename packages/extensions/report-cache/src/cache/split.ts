import type { AnyValue, Batch, ResourceBatch } from '@millrace/core';
import { mergeBatches, splitByResource } from '@millrace/core';

/** The name of resources that do not say which cluster they are of. */
export const noCluster = '';

/** What a batch has of each cluster, in the order in which they come. Below the resources nothing is decoded. */
export function splitByCluster(batch: ResourceBatch, attribute: string): ReadonlyMap<string, Batch> {
  const parts = new Map<string, ResourceBatch[]>();
  for (const { resource, batch: part } of splitByResource(batch)) {
    const cluster = nameOf(resource.attributes[attribute]);
    const known = parts.get(cluster);
    if (known) known.push(part);
    else parts.set(cluster, [part]);
  }
  const [only] = parts.keys();
  if (parts.size === 1) return new Map([[only!, batch]]);
  return new Map([...parts].map(([cluster, batches]) => [cluster, mergeBatches(batches)]));
}

const nameOf = (value: AnyValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : noCluster;

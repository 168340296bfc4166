import type { Entity } from '@millrace/core';
import type { metrics } from '../metrics.ts';
import type { VarsPoint } from '../vars/page.ts';
import { heartbeatMetric } from '../vars/wanted.ts';

export type Page = readonly VarsPoint[];

/** What a page of `/_status/vars` has of the presets. Heartbeats are the node's own to record. */
export function recordPage(
  page: Page,
  node: Entity<typeof metrics>,
  storeOf: (id: string) => Entity<typeof metrics>,
): void {
  for (const { metric, store, attributes, value } of page)
    if (metric !== heartbeatMetric) (store === undefined ? node : storeOf(store)).record(metric, value, attributes);
}

/** In seconds. */
export function heartbeatOf(page: Page | undefined): number | undefined {
  const value = page?.find(({ metric }) => metric === heartbeatMetric)?.value;
  return value === undefined ? undefined : Number(value);
}

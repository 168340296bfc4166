import type { Subject } from '@millrace/conditions';
import type { Metadata, Resource, ResourceBatch, ResourceMetrics, ResourcePart } from '@millrace/core';
import { attributesKey, itemCount, splitByResource } from '@millrace/core';
import type { Section } from './config.ts';
import type { Counter, Tally, Window } from './counter.ts';
import { walk, type Visit } from './walk.ts';

const scope = { name: '@millrace/connector-count' };

/** What was counted of one resource. */
interface Counts {
  readonly resource: Resource;
  readonly tallies: Map<Counter, Tally>;
}

/** The items of which `itemCount` gives the number. */
const itemsOf = { metrics: 'datapoints', logs: 'logs', traces: 'spans' } as const;

/** The counts of a batch: one resource for each that differs, so that no series has two points. */
export function count(batch: ResourceBatch, counters: readonly Counter[], times: Window): readonly ResourceMetrics[] {
  const byResource = new Map<string, Counts>();
  for (const part of splitByResource(batch)) countPart(part, counters, { byResource, metadata: batch.metadata });
  const counted: ResourceMetrics[] = [];
  for (const { resource, tallies } of byResource.values()) {
    if (tallies.size === 0) continue;
    const metrics = [...tallies].map(([counter, tally]) => counter.metric(tally, times));
    counted.push({ resource, scopeMetrics: [{ scope, metrics }] });
  }
  return counted;
}

interface Counting {
  readonly byResource: Map<string, Counts>;
  readonly metadata: Metadata | undefined;
}

function countPart(
  { resource, batch }: ResourcePart,
  counters: readonly Counter[],
  { byResource, metadata }: Counting,
): void {
  const key = `${resource.schemaUrl ?? ''} ${attributesKey(resource.attributes)}`;
  let counts = byResource.get(key);
  if (!counts) byResource.set(key, (counts = { resource, tallies: new Map() }));
  const { tallies } = counts;
  const subject: Subject = { metadata, resource };
  const add = (counter: Counter, item: Parameters<Visit>[0], items: number): void => {
    if (items === 0 || !counter.counts(subject)) return;
    const series = counter.seriesOf(item, subject);
    if (!series) return;
    let tally = tallies.get(counter);
    if (!tally) tallies.set(counter, (tally = new Map()));
    const counted = tally.get(series.key);
    if (counted) counted.items += items;
    else tally.set(series.key, { series, items });
  };

  const inspecting: Partial<Record<Section, Counter[]>> = {};
  for (const counter of counters) {
    const { section, wholesale } = counter;
    if (wholesale && section === itemsOf[batch.signal]) add(counter, {}, itemCount(batch));
    else (inspecting[section] ??= []).push(counter);
  }
  const visits: Partial<Record<Section, Visit>> = {};
  for (const [section, some] of Object.entries(inspecting) as [Section, Counter[]][])
    visits[section] = (item) => {
      for (const counter of some) add(counter, item, 1);
    };
  if (Object.keys(visits).length > 0) walk(batch, subject, visits);
}

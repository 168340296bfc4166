import type { DataPoint, MetricData, ResourceMetrics, Scope } from '@millrace/core';
import { attributesKey, compareTimes, isEnded } from '@millrace/core';
import { accumulate } from './accumulate.ts';
import { createFamilies, openingOf } from './families.ts';
import type { Family } from './families.ts';
import type { Naming } from './names.ts';
import { renderPage } from './render.ts';
import type { RenderOptions } from './render.ts';
import { isDelta, isEmpty, metricOf, prune, resourceState, scopeKey, scopeState } from './resources.ts';
import type { ResourceState, ScopeState } from './resources.ts';
import { detach, memberOf, reorder, sameAttributes, showInstead } from './series.ts';
import type { Metric, Pass, Series } from './series.ts';

/**
 * - `duplicate_series`: another resource or scope has a series of the same name and labels; the newest is shown.
 * - `type_conflict`: the name belongs to a metric of another type.
 * - `delta`: a delta that cannot be added up.
 * - `out_of_order`: older than what is shown.
 * - `no_name`: a metric without a name.
 */
export type DropReason = 'duplicate_series' | 'type_conflict' | 'delta' | 'out_of_order' | 'no_name';

export interface Drop {
  readonly points: number;
  readonly reason: DropReason;
  /** The family's name, where there is one. */
  readonly metric: string;
}

export interface PageOptions {
  readonly naming: Naming;
  /** Labels of every series but those of `target_info`. */
  readonly constLabels?: Readonly<Record<string, string>>;
  /** Which attributes of a resource become labels of all its series; none by default. */
  readonly resourceLabel?: (attribute: string) => boolean;
  /** The labels `otel_scope_name` and so on; true by default. */
  readonly scopeInfo?: boolean;
  /** The family `target_info`; true by default. */
  readonly targetInfo?: boolean;
  onDrop?(drop: Drop): void;
}

/**
 * The last points of all series, and the text of a Prometheus page of them. Updating and rendering are generators that
 * do about a millisecond of work a step, so that the caller can let others have the event loop. Iterate each to its end
 * before anything else is asked of the page.
 */
export interface Page {
  /** Grows with every change. */
  readonly version: number;
  /** Series held, those included that are hidden behind another of the same labels. */
  readonly size: number;
  /** Takes in points: a new one replaces the last of its series, an ended one removes it. `now` is in milliseconds. */
  update(resourceMetrics: readonly ResourceMetrics[], now: number): Generator<void>;
  /** Removes series whose last point arrived before this time. */
  expire(before: number): void;
  /** The page, in pieces. */
  render(options: RenderOptions): Generator<string>;
}

const pointsPerStep = 250;

export function createPage(pageOptions: PageOptions): Page {
  const options = { constLabels: {}, resourceLabel: () => false, scopeInfo: true, targetInfo: true, ...pageOptions };
  const target = options.naming.namespace ? `${options.naming.namespace}_target` : 'target';
  const families = createFamilies(options.targetInfo ? [target, `${target}_info`] : []);
  const resources = new Map<string, ResourceState>();
  const byAttributes = new WeakMap<object, ResourceState>();
  let version = 0;
  let size = 0;
  let generation = 0;
  /** No series was last seen before this time. */
  let oldest = Infinity;

  const drop = (points: number, reason: DropReason, metric: string): void => {
    if (points > 0) options.onDrop?.({ points, reason, metric });
  };

  function resourceOf({ resource }: ResourceMetrics): ResourceState {
    const known = byAttributes.get(resource.attributes);
    const key = known?.key ?? attributesKey(resource.attributes);
    let state = resources.get(key);
    if (!state) resources.set(key, (state = known ?? resourceState(resource, key, options)));
    if (state !== known) byAttributes.set(resource.attributes, state);
    state.generation = generation;
    return state;
  }

  function scopeOf(resource: ResourceState, scope: Scope): ScopeState {
    let state = resource.scopes.find((known) => known.scope === scope);
    if (state) return state;
    const key = scopeKey(scope);
    state = resource.scopes.find((known) => known.key === key);
    if (state) state.scope = scope;
    else resource.scopes.push((state = scopeState(scope, resource, options)));
    return state;
  }

  function* metricsOf(resourceMetrics: readonly ResourceMetrics[]): Generator<[MetricData, Metric | undefined]> {
    for (const part of resourceMetrics) {
      const resource = resourceOf(part);
      for (const { scope, metrics } of part.scopeMetrics) {
        const state = scopeOf(resource, scope);
        for (const [index, data] of metrics.entries()) yield [data, metricOf(state, data, index, options)];
      }
    }
  }

  function* update(resourceMetrics: readonly ResourceMetrics[], now: number): Generator<void> {
    generation += 1;
    version += 1;
    oldest = Math.min(oldest, now);
    let pending = 0;
    // What ends goes first: a successor may have its labels. And once more at last: a batch of several scrapes may also
    // have the points that came before the end.
    let ended = 0;
    for (const [data, metric] of metricsOf(resourceMetrics)) {
      ended += endPoints(data, metric);
      pending += 1 + data.dataPoints.length / 16;
      if (pending >= pointsPerStep) yield void (pending = 0);
    }
    for (const [data, metric] of metricsOf(resourceMetrics)) {
      const { length } = data.dataPoints;
      const reason = !metric
        ? 'delta'
        : metric.name === ''
          ? 'no_name'
          : claimFamily(metric)
            ? undefined
            : 'type_conflict';
      if (!metric || reason) {
        const live = data.dataPoints.filter((point) => !isEnded(point)).length;
        drop(live, reason ?? 'delta', metric?.name ?? data.descriptor.name);
        continue;
      }
      const pass: Pass = { metric, now, delta: isDelta(data), cursor: 0, misses: 0, seen: [] };
      for (let from = 0; from < length; from += pointsPerStep) {
        const all = data.dataPoints;
        updatePoints(pass, length > pointsPerStep ? all.slice(from, from + pointsPerStep) : all);
        pending += Math.min(pointsPerStep, length - from);
        if (pending >= pointsPerStep) yield void (pending = 0);
      }
      if (pass.misses * 8 > pass.seen.length) reorder(pass);
      if (metric.family?.slots.size === 0) families.release(metric.family);
    }
    if (ended > 0) for (const [data, metric] of metricsOf(resourceMetrics)) endPoints(data, metric);
    for (const { resource } of resourceMetrics) {
      const state = byAttributes.get(resource.attributes);
      if (state && isEmpty(state)) resources.delete(state.key);
    }
  }

  function claimFamily(metric: Metric): Family | undefined {
    if (!metric.family || metric.family.slots.size === 0) metric.family = families.claim(metric);
    return metric.family;
  }

  function updatePoints(pass: Pass, points: readonly DataPoint<unknown>[]): void {
    const { metric, now, delta } = pass;
    let duplicates = 0;
    let outOfOrder = 0;
    for (const point of points) {
      if (point.value === undefined || isEnded(point)) continue;
      const series = seriesOf(pass, point);
      const { slot } = series;
      const age = compareTimes(point.endTime, series.point.endTime);
      const isNew = series.generation === 0;
      if (age < 0) {
        outOfOrder += 1;
        continue;
      }
      if (age === 0 && series.generation === generation) duplicates += 1;
      if (!delta || isNew) series.point = point;
      else if (age > 0) series.point = accumulate(series.point, point);
      else {
        // A delta that came twice, after a retry: it has been counted.
        outOfOrder += series.generation === generation ? 0 : 1;
        continue;
      }
      series.attributes = point.attributes;
      series.seenAt = now;
      series.generation = generation;
      if (slot.owner !== series) {
        if (slot.owner) duplicates += 1;
        showInstead(slot, series);
      }
    }
    drop(duplicates, 'duplicate_series', metric.name);
    drop(outOfOrder, 'out_of_order', metric.name);
  }

  /** Points mostly come in the same order as last time; one that does not is found by its labels. */
  function seriesOf(pass: Pass, point: DataPoint<unknown>): Series {
    const { metric } = pass;
    const { order } = metric;
    while (pass.cursor < order.length && !order[pass.cursor]) pass.cursor += 1;
    let series = order[pass.cursor];
    if (!series || !sameAttributes(series.attributes, point.attributes)) {
      const family = metric.family!;
      const opening = openingOf(family, metric.labels(point.attributes));
      let slot = family.slots.get(opening);
      if (!slot) family.slots.set(opening, (slot = { family, opening, owner: undefined, others: undefined }));
      series = memberOf(slot, metric);
      if (series) pass.misses += 1;
      else {
        const { attributes } = point;
        series = { metric, slot, attributes, point, seenAt: 0, generation: 0, index: order.length };
        order.push(series);
        metric.size += 1;
        size += 1;
      }
    }
    pass.cursor = series.index + 1;
    pass.seen.push(series);
    return series;
  }

  /** Ends the series that are not younger than their end. Returns how many points of the metric are ends. */
  function endPoints({ dataPoints }: MetricData, metric: Metric | undefined): number {
    let ended = 0;
    for (const point of dataPoints) {
      if (!isEnded(point)) continue;
      ended += 1;
      if (!metric?.family) continue;
      const slot = metric.family.slots.get(openingOf(metric.family, metric.labels(point.attributes)));
      const series = slot && memberOf(slot, metric);
      if (series && compareTimes(point.endTime, series.point.endTime) >= 0) remove(series);
    }
    return ended;
  }

  function remove(series: Series): void {
    size -= 1;
    if (!detach(series)) return;
    const { family, opening } = series.slot;
    family.slots.delete(opening);
    if (family.slots.size === 0) families.release(family);
  }

  return {
    get version() {
      return version;
    },
    get size() {
      return size;
    },
    update,
    expire(before) {
      if (oldest < before) {
        const sizeBefore = size;
        oldest = Infinity;
        for (const series of allSeries(resources.values())) {
          if (series.seenAt < before) remove(series);
          else oldest = Math.min(oldest, series.seenAt);
        }
        if (size < sizeBefore) version += 1;
      }
      for (const resource of resources.values()) {
        prune(resource);
        if (isEmpty(resource)) resources.delete(resource.key);
      }
    },
    render: (renderOptions) =>
      renderPage({ families: families.sorted(), target, targets: targetLabels(resources.values()) }, renderOptions),
  };
}

function* allSeries(resources: Iterable<ResourceState>): Generator<Series> {
  for (const { scopes } of resources)
    for (const { metrics } of scopes)
      for (const { metric } of metrics) for (const series of metric.order) if (series) yield series;
}

/** One line for each job and instance: that of the resource which was updated last. */
function targetLabels(resources: Iterable<ResourceState>): string[] {
  const newest = new Map<string, ResourceState>();
  for (const resource of resources) {
    if (!resource.target) continue;
    const known = newest.get(resource.target.identity);
    if (!known || resource.generation >= known.generation) newest.set(resource.target.identity, resource);
  }
  return [...newest.values()].map(({ target }) => target!.labels).sort();
}

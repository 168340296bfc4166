import type { MetricData, MetricsBatch, NumberPoint, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import { isEnded, metricsBatch, valueType } from '@millrace/core';
import type { Cache, Decision } from './cache.ts';
import { createCache } from './cache.ts';
import type { RenameConfig } from './config.ts';
import type { Shape, Target } from './plan.ts';
import { compileRule } from './rule.ts';
import type { Point, Slot } from './slot.ts';
import { findPoint, pushPoint } from './slot.ts';
import type { Convert } from './value.ts';
import { addPoints } from './value.ts';

export interface Mapped {
  readonly batch: MetricsBatch;
  /** Points that no rule took. */
  readonly notRenamed: number;
  /** Points that had no place under their new name. */
  readonly conflicts: number;
}

/** A scope of some resource, and what to do with the metrics of that resource. */
interface Source {
  readonly scope: ScopeMetrics;
  readonly decide: (metric: MetricData) => Decision;
}

/** When the cache has grown to this many texts, it begins anew: series come and go. */
const cacheLimit = 50_000;

/** `onConflict` is called for each point that has no place, with its new name and why. */
export function createMapper(
  config: RenameConfig,
  onConflict: (name: string, reason: string) => void,
): (batch: MetricsBatch) => Mapped {
  const rules = config.rules.map(compileRule);
  let cache: Cache = createCache(rules, config);
  let round = 0;
  let notRenamed = 0;
  let conflicts = 0;

  function conflict({ name }: Slot, reason: string): void {
    conflicts++;
    onConflict(name, reason);
  }

  function open(metrics: MetricData[], { slot, kind }: Shape, points: Point[] | undefined): void {
    slot.round = round;
    slot.index = metrics.length;
    slot.kind = kind;
    slot.points = points;
    slot.places = undefined;
  }

  function openEmpty(metrics: MetricData[], shape: Shape): Point[] {
    const points: Point[] = [];
    open(metrics, shape, points);
    metrics.push(shape.metric(points));
    return points;
  }

  /** The points of a slot that is in use, free to be added to. */
  function ownPoints(metrics: MetricData[], slot: Slot): Point[] {
    if (slot.points) return slot.points;
    const shared = metrics[slot.index]!;
    const points = shared.dataPoints.map((point: Point) => withAttributes(point, cache.canonical(point.attributes)));
    metrics[slot.index] = { ...shared, dataPoints: points } as MetricData;
    slot.points = points;
    return points;
  }

  function add(metrics: MetricData[], point: Point, { shape, attributes, convert, aggregate }: Target): void {
    const { slot } = shape;
    const isNew = slot.round !== round;
    if (!isNew && slot.kind !== shape.kind)
      return conflict(slot, 'The metrics that are to have this name differ in unit or type.');
    const mapped = convert ? converted(point, attributes, convert) : withAttributes(point, attributes);
    if (!mapped) return conflict(slot, 'The value is not finite, and no integer therefore.');
    const points = isNew ? openEmpty(metrics, shape) : ownPoints(metrics, slot);
    const index = isNew ? -1 : findPoint(slot, points, attributes);
    if (index === -1) {
      if (!isNew) widen(metrics, shape);
      return pushPoint(slot, points, mapped);
    }
    // Of several series that become one, it has ended when all have.
    if (isEnded(mapped)) return undefined;
    if (isEnded(points[index]!)) points[index] = mapped;
    else if (aggregate === 'sum') points[index] = addPoints(points[index] as NumberPoint, mapped as NumberPoint);
    else return conflict(slot, 'Several points have the same attributes under this name.');
    return widen(metrics, shape);
  }

  function move(metrics: MetricData[], metric: MetricData, plan: Extract<Decision['plan'], { action: 'move' }>): void {
    const { shape, renamed, aggregate } = plan;
    if (shape.slot.round !== round) {
      open(metrics, shape, undefined);
      metrics.push(renamed ? shape.metric(metric.dataPoints) : metric);
      return;
    }
    for (const point of metric.dataPoints)
      add(metrics, point, { shape, attributes: cache.canonical(point.attributes), convert: undefined, aggregate });
  }

  function mapMetrics({ scope: { metrics: sources }, decide }: Source, metrics: MetricData[]): void {
    for (const metric of sources) {
      const { plan, targets } = decide(metric);
      if (plan.action === 'drop') notRenamed += metric.dataPoints.length;
      else if (plan.action === 'move') move(metrics, metric, plan);
      else
        for (let place = 0; place < metric.dataPoints.length; place++) {
          const point = metric.dataPoints[place]!;
          const found = targets(point.attributes, place);
          if (found.length === 0) notRenamed++;
          for (const target of found) add(metrics, point, target);
        }
    }
  }

  /** The scopes are of one name, and of resources that have become one. */
  function mapScopes(sources: readonly Source[]): ScopeMetrics[] {
    round++;
    const metrics: MetricData[] = [];
    for (const source of sources) mapMetrics(source, metrics);
    if (metrics.length === 0) return [];
    const { scope } = sources[0]!;
    return [isSameList(metrics, scope.metrics) ? scope : { ...scope, metrics }];
  }

  function mapResource(one: ResourceMetrics): ResourceMetrics[] {
    const decide = cache.decisions(one.resource.attributes);
    const scopeMetrics = one.scopeMetrics.flatMap((scope) => mapScopes([{ scope, decide }]));
    if (scopeMetrics.length === 0) return [];
    const resource = cache.resource(one.resource);
    return [resource === one.resource && isSameList(scopeMetrics, one.scopeMetrics) ? one : { resource, scopeMetrics }];
  }

  /** Of resources that have become one without the attributes that were dropped. */
  function mapResources(several: readonly ResourceMetrics[]): ResourceMetrics[] {
    const [first] = several;
    if (several.length === 1) return mapResource(first!);
    const sources = several.flatMap(({ resource, scopeMetrics }) => {
      const decide = cache.decisions(resource.attributes);
      return scopeMetrics.map((scope) => ({ scope, decide }));
    });
    const byScope = Map.groupBy(sources, ({ scope: { scope } }) => JSON.stringify([scope.name, scope.version]));
    const scopeMetrics = [...byScope.values()].flatMap(mapScopes);
    return scopeMetrics.length === 0 ? [] : [{ resource: cache.resource(first!.resource), scopeMetrics }];
  }

  return (batch) => {
    notRenamed = 0;
    conflicts = 0;
    if (cache.size > cacheLimit) cache = createCache(rules, config);
    const { resourceMetrics } = batch;
    const mapped = config.resource_attributes?.drop
      ? [...Map.groupBy(resourceMetrics, ({ resource }) => cache.resource(resource).attributes).values()].flatMap(
          mapResources,
        )
      : resourceMetrics.flatMap(mapResource);
    const changed = isSameList(mapped, resourceMetrics) ? batch : metricsBatch(mapped, batch.metadata);
    return { batch: changed, notRenamed, conflicts };
  };
}

/** A metric of doubles once one of its sources is. */
function widen(metrics: MetricData[], { slot, descriptor }: Shape): void {
  const metric = metrics[slot.index]!;
  if (descriptor.valueType === valueType.double && metric.descriptor.valueType === valueType.int)
    metrics[slot.index] = { ...metric, descriptor };
}

function withAttributes(point: Point, attributes: Point['attributes']): Point {
  if (point.attributes === attributes) return point;
  const { startTime, endTime, value, flags, exemplars } = point;
  if (flags === undefined && exemplars === undefined) return { startTime, endTime, attributes, value };
  return { ...point, attributes };
}

/** Undefined if the value has no place in the new metric. */
function converted(point: Point, attributes: Point['attributes'], convert: Convert): Point | undefined {
  const { startTime, endTime, value: old, exemplars } = point as NumberPoint;
  if (old === undefined) return withAttributes(point, attributes);
  const value = convert(old);
  if (value === undefined) return undefined;
  const mapped = { startTime, endTime, attributes, value };
  if (point.flags === undefined && exemplars === undefined) return mapped;
  return {
    ...mapped,
    flags: point.flags,
    exemplars: exemplars?.map((exemplar) => ({ ...exemplar, value: convert(exemplar.value) ?? exemplar.value })),
  };
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

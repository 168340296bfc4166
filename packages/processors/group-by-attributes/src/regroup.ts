import {
  type Attributes,
  type DataPoint,
  logsBatch,
  type LogRecord,
  mergeBatches,
  type MetricData,
  metricsBatch,
  partsOf,
  type Resource,
  type ResourceBatch,
  type ResourceLogs,
  type ResourceMetrics,
  type ResourceSpans,
  type Span,
  tracesBatch,
} from '@millrace/core';
import { createPlaces } from './places.ts';
import { createDerive, createSplit } from './split.ts';

/** Puts each item of a batch below the resource that has the attributes which are to move. A merged batch keeps its seams. */
export function createRegroup(keys: readonly string[]): (batch: ResourceBatch) => ResourceBatch {
  const split = createSplit(keys);
  const derive = createDerive();

  /** The resource that an item belongs to, and the item without what has moved there. */
  function placed<T extends { readonly attributes: Attributes }>(item: T, resource: Resource): readonly [Resource, T] {
    const parted = split(item.attributes);
    return parted ? [derive(resource, parted), { ...item, attributes: parted.left }] : [resource, item];
  }

  function regroup(batch: ResourceBatch): ResourceBatch {
    const { metadata } = batch;
    if (batch.signal === 'metrics') return metricsBatch(regroupMetrics(batch.resourceMetrics, placed), metadata);
    if (batch.signal === 'logs') return logsBatch(regroupLogs(batch.resourceLogs, placed), metadata);
    return tracesBatch(regroupSpans(batch.resourceSpans, placed), metadata);
  }

  // What is only to be put together is so over all parts.
  if (keys.length === 0) return regroup;
  return (batch) =>
    mergeBatches((partsOf(batch) as readonly ResourceBatch[]).map(regroup), batch.metadata) as ResourceBatch;
}

type Placed = <T extends { readonly attributes: Attributes }>(item: T, resource: Resource) => readonly [Resource, T];

function regroupLogs(list: readonly ResourceLogs[], placed: Placed): ResourceLogs[] {
  const places = createPlaces<LogRecord[]>(() => []);
  for (const { resource, scopeLogs } of list)
    for (const { scope, logRecords } of scopeLogs)
      for (const record of logRecords) {
        const [to, left] = placed(record, resource);
        places.at(to, scope).push(left);
      }
  return Array.from(places.all(), ({ resource, scopes }) => ({
    resource,
    scopeLogs: Array.from(scopes, ({ scope, items }) => ({ scope, logRecords: items })),
  }));
}

function regroupSpans(list: readonly ResourceSpans[], placed: Placed): ResourceSpans[] {
  const places = createPlaces<Span[]>(() => []);
  for (const { resource, scopeSpans } of list)
    for (const { scope, spans } of scopeSpans)
      for (const span of spans) {
        const [to, left] = placed(span, resource);
        places.at(to, scope).push(left);
      }
  return Array.from(places.all(), ({ resource, scopes }) => ({
    resource,
    scopeSpans: Array.from(scopes, ({ scope, items }) => ({ scope, spans: items })),
  }));
}

interface Points {
  readonly metric: MetricData;
  readonly points: DataPoint<unknown>[];
}

function regroupMetrics(list: readonly ResourceMetrics[], placed: Placed): ResourceMetrics[] {
  const places = createPlaces<Map<string, Points>>(() => new Map());
  for (const { resource, scopeMetrics } of list)
    for (const { scope, metrics } of scopeMetrics)
      for (const metric of metrics) {
        const key = keyOfMetric(metric);
        for (const point of metric.dataPoints as readonly DataPoint<unknown>[]) {
          const [to, left] = placed(point, resource);
          const known = places.at(to, scope);
          const within = known.get(key);
          if (within) within.points.push(left);
          else known.set(key, { metric, points: [left] });
        }
      }
  return Array.from(places.all(), ({ resource, scopes }) => ({
    resource,
    scopeMetrics: Array.from(scopes, ({ scope, items }) => ({
      scope,
      metrics: Array.from(items.values(), ({ metric, points }) => ({ ...metric, dataPoints: points }) as MetricData),
    })),
  }));
}

/** What makes two metrics one: all but what is said about it. */
function keyOfMetric(metric: MetricData): string {
  const { name, unit, valueType } = metric.descriptor;
  const temporality = 'aggregationTemporality' in metric ? metric.aggregationTemporality : '';
  const isMonotonic = 'isMonotonic' in metric && metric.isMonotonic;
  return JSON.stringify([name, unit, valueType, metric.dataPointType, temporality, isMonotonic]);
}

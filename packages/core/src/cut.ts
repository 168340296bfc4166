import type {
  Batch,
  LogRecord,
  LogsBatch,
  MetricData,
  MetricsBatch,
  ResourceBatch,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
  ScopeLogs,
  ScopeMetrics,
  ScopeSpans,
  Span,
  TracesBatch,
} from './batch.ts';
import { batchOf, isPlain, itemCount, mergeBatches, splitByResource } from './batch.ts';

/**
 * Batches of at most `max` items (0: no limit) that together hold the same items in the same order. What is encoded is cut
 * between its resources and stays encoded; only a resource that alone has more is decoded. Profiles are never cut.
 */
export function cutBatch(batch: Batch, max: number): readonly Batch[] {
  if (max === 0 || itemCount(batch) <= max || batch.signal === 'profiles') return [batch];
  return isPlain(batch) ? cutItems(batch, max) : cutResources(batch, max);
}

function cutResources(batch: ResourceBatch, max: number): readonly Batch[] {
  const pieces: Batch[] = [];
  let piece: Batch[] = [];
  let room = max;
  const close = (): void => {
    if (piece.length > 0) pieces.push(mergeBatches(piece));
    piece = [];
    room = max;
  };
  const add = (part: Batch): void => {
    const items = itemCount(part);
    if (items > room) close();
    piece.push(part);
    room -= items;
  };
  for (const { batch: part } of splitByResource(batch)) {
    if (itemCount(part) <= max) add(part);
    else for (const one of cutItems(part, max)) add(one);
  }
  close();
  return pieces;
}

/**
 * Every piece but the last has exactly `max` items. Whole resources, scopes and metrics are shared; only the one that does
 * not fit is opened, and each of its pieces keeps what describes it.
 */
function cutItems(batch: ResourceBatch, max: number): readonly Batch[] {
  const filling: Filling = { room: max, max };
  const { metadata } = batch;
  const pieces = {
    metrics: () => divide((batch as MetricsBatch).resourceMetrics, resourceMetricsLevel, filling),
    logs: () => divide((batch as LogsBatch).resourceLogs, resourceLogsLevel, filling),
    traces: () => divide((batch as TracesBatch).resourceSpans, resourceSpansLevel, filling),
  }[batch.signal]();
  return pieces.map((resources) => batchOf(batch.signal, resources as never, metadata));
}

/** How much still fits into the piece that is being filled. */
interface Filling {
  room: number;
  readonly max: number;
}

interface Level<Node> {
  size(node: Node): number;
  /** The node in pieces: the first is of `room` items, the others of `max`. */
  open(node: Node, filling: Filling): readonly Node[];
}

function divide<Node>(nodes: readonly Node[], level: Level<Node>, filling: Filling): Node[][] {
  let piece: Node[] = [];
  const pieces = [piece];
  const startPiece = (): void => {
    piece = [];
    pieces.push(piece);
  };
  for (const node of nodes) {
    const size = level.size(node);
    if (size > 0 && filling.room === 0) {
      startPiece();
      filling.room = filling.max;
    }
    if (size <= filling.room) {
      piece.push(node);
      filling.room -= size;
      continue;
    }
    for (const [index, part] of level.open(node, filling).entries()) {
      if (index > 0) startPiece();
      piece.push(part);
    }
  }
  return pieces;
}

const total = <Node>(nodes: readonly Node[], level: Level<Node>): number =>
  nodes.reduce((sum, node) => sum + level.size(node), 0);

/** A point or a record: counts one, so it always fits. */
const itemLevel: Level<unknown> = { size: () => 1, open: (item) => [item] };

const metricLevel: Level<MetricData> = {
  size: (metric) => metric.dataPoints.length,
  open: (metric, filling) =>
    divide<unknown>(metric.dataPoints, itemLevel, filling).map(
      (dataPoints) => ({ ...metric, dataPoints }) as MetricData,
    ),
};

const scopeMetricsLevel: Level<ScopeMetrics> = {
  size: ({ metrics }) => total(metrics, metricLevel),
  open: (scope, filling) => divide(scope.metrics, metricLevel, filling).map((metrics) => ({ ...scope, metrics })),
};

const resourceMetricsLevel: Level<ResourceMetrics> = {
  size: ({ scopeMetrics }) => total(scopeMetrics, scopeMetricsLevel),
  open: (resource, filling) =>
    divide(resource.scopeMetrics, scopeMetricsLevel, filling).map((scopeMetrics) => ({ ...resource, scopeMetrics })),
};

const scopeLogsLevel: Level<ScopeLogs> = {
  size: ({ logRecords }) => logRecords.length,
  open: (scope, filling) =>
    divide<LogRecord>(scope.logRecords, itemLevel as Level<LogRecord>, filling).map((logRecords) => ({
      ...scope,
      logRecords,
    })),
};

const resourceLogsLevel: Level<ResourceLogs> = {
  size: ({ scopeLogs }) => total(scopeLogs, scopeLogsLevel),
  open: (resource, filling) =>
    divide(resource.scopeLogs, scopeLogsLevel, filling).map((scopeLogs) => ({ ...resource, scopeLogs })),
};

const scopeSpansLevel: Level<ScopeSpans> = {
  size: ({ spans }) => spans.length,
  open: (scope, filling) =>
    divide<Span>(scope.spans, itemLevel as Level<Span>, filling).map((spans) => ({ ...scope, spans })),
};

const resourceSpansLevel: Level<ResourceSpans> = {
  size: ({ scopeSpans }) => total(scopeSpans, scopeSpansLevel),
  open: (resource, filling) =>
    divide(resource.scopeSpans, scopeSpansLevel, filling).map((scopeSpans) => ({ ...resource, scopeSpans })),
};

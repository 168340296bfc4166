import type {
  Batch,
  LogRecord,
  MetricData,
  ResourceLogs,
  ResourceMetrics,
  ScopeLogs,
  ScopeMetrics,
} from '@millrace/core';
import { itemCount, logsBatch, metricsBatch } from '@millrace/core';

/**
 * Batches of `max` items (the last may have fewer) that together hold the same items in the same order. Whole resources,
 * scopes and metrics are shared; only the one that does not fit is opened, and each of its pieces keeps what describes it.
 */
export function cut(batch: Batch, max: number): readonly Batch[] {
  if (max === 0 || itemCount(batch) <= max) return [batch];
  const filling: Filling = { room: max, max };
  return batch.signal === 'metrics'
    ? divide(batch.resourceMetrics, resourceMetricsLevel, filling).map(metricsBatch)
    : divide(batch.resourceLogs, resourceLogsLevel, filling).map(logsBatch);
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

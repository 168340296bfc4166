import type { Attributes, Batch, DataPoint, MetricData } from '@millrace/core';
import { isEnded } from '@millrace/core';
import type { NodeStats } from './node-stats.ts';
import { emptyStats, statsText } from './node-stats.ts';

export interface Probe {
  readonly status: string;
  /** A JSON list of dbmon's NodeStats. */
  readonly data: string;
}

type Value = number | bigint;
type Take = (stats: NodeStats, value: Value, attributes: Attributes) => void;

const nanoseconds = 1e9;
const maxUint32 = 2 ** 32 - 1;
const out = new Set(['decommissioning', 'decommissioned', 'draining']);
const dead = new Set(['dead', 'unavailable']);

/** What dbmon had of a node, by the metrics of the cockroachdb receiver. dbmon took the first store only; this adds all up. */
const takes: Readonly<Record<string, Take>> = {
  'cockroachdb.node.up': (stats, value) => (stats.Up = Number(value) === 1),
  'cockroachdb.node.liveness': (stats, _value, { state }) => {
    stats.Init = state === 'initialising';
    stats.Out = out.has(String(state));
    stats.Dead = dead.has(String(state));
  },
  'cockroachdb.node.memory.limit': (stats, value) => (stats.TotalSystemMemory = value),
  'cockroachdb.node.memory.usage': (stats, value) => (stats.MemoryUsage = value),
  'cockroachdb.node.heartbeat.latency.p99': (stats, value) =>
    (stats.Latency99 = Math.max(0, Math.round(Number(value) * nanoseconds))),
  // A uint32 of Go: dbmon let what is below 0 wrap. What its client looks for is how far off the clock is.
  'cockroachdb.node.clock_offset.mean': (stats, value) =>
    (stats.ClockOffset = Math.min(maxUint32, Math.round(Math.abs(Number(value)) * nanoseconds))),
  'cockroachdb.ranges': (stats, value, { state }) => {
    if (state === 'total') stats.Ranges = sum(stats.Ranges, value);
  },
  'cockroachdb.replicas': (stats, value) => (stats.Replicas = sum(stats.Replicas, value)),
  'cockroachdb.qps': (stats, value) => (stats.QueriesPerSecond += Number(value)),
  'cockroachdb.store.capacity.limit': (stats, value) => (stats.Capacity = sum(stats.Capacity, value)),
  'cockroachdb.store.capacity': (stats, value, { state }) => {
    if (state === 'used') stats.CapacityUsage = sum(stats.CapacityUsage, value);
    if (state === 'available') stats.CapacityAvailable = sum(stats.CapacityAvailable, value);
    if (state === 'reserved') stats.CapacityReserved = sum(stats.CapacityReserved, value);
  },
};

const sum = (a: Value, b: Value): Value => {
  const total = BigInt(a) + BigInt(b);
  return total <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(total) : total;
};

/** Of a cluster in a batch of metrics. */
export function probeOf(batch: Batch): Probe {
  const nodes = new Map<string, NodeStats>();
  let up: Value | undefined;
  if (batch.signal === 'metrics')
    for (const { resource, scopeMetrics } of batch.resourceMetrics) {
      const id = resource.attributes['cockroachdb.node.id'];
      for (const { metrics } of scopeMetrics)
        for (const metric of metrics)
          for (const [value, attributes] of valuesOf(metric))
            if (metric.descriptor.name === 'cockroachdb.cluster.up') up = value;
            else if (id !== undefined) takes[metric.descriptor.name]?.(statsOf(nodes, String(id)), value, attributes);
    }
  const isUp = up === undefined ? nodes.size > 0 : Number(up) === 1;
  const sorted = [...nodes.values()].sort((a, b) => a.ID - b.ID);
  return { status: isUp ? '200' : '503', data: statsText(sorted) };
}

function statsOf(nodes: Map<string, NodeStats>, id: string): NodeStats {
  let stats = nodes.get(id);
  if (!stats) nodes.set(id, (stats = emptyStats(/^\d{1,15}$/.test(id) ? Number(id) : 0)));
  return stats;
}

/** Those that are numbers and go on. */
function* valuesOf(metric: MetricData): Iterable<readonly [Value, Attributes]> {
  for (const point of metric.dataPoints as readonly DataPoint<unknown>[]) {
    const { value } = point;
    const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value));
    if (isNumber && !isEnded(point)) yield [value, point.attributes];
  }
}

/** As Go prints a time: `2026-11-21 12:00:00.5 +0000 UTC`. */
export function goTime(ms: number): string {
  const [date, time = ''] = new Date(ms).toISOString().split('T');
  return `${date} ${time.replace(/\.?0*Z$/, '')} +0000 UTC`;
}

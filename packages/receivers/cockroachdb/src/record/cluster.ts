import type { Entity } from '@millrace/core';
import type { Reading } from '../cluster/read.ts';
import type { NodeView } from '../cluster/view.ts';
import type { metrics } from '../metrics.ts';
import { type Job, jobStatuses } from '../status/jobs.ts';
import { states } from '../status/liveness.ts';
import { queues } from '../status/metric-names.ts';
import type { StoreStatus, Whole } from '../status/nodes.ts';
import { failed, one } from './attributes.ts';
import { heartbeatOf, type Page } from './page.ts';
import { ratioOf, secondsOf, sum, sumOfFloats } from './sum.ts';

type ClusterEntity = Entity<typeof metrics>;

export interface ClusterRun {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** By node, of `/_status/vars`: heartbeats, where the API has none. */
  readonly pages: ReadonlyMap<string, Page>;
}

export function recordCluster(entity: ClusterEntity, reading: Reading, run: ClusterRun): void {
  const { nodes, failure, probes, jobs } = reading;
  if (nodes) entity.record('cockroachdb.cluster.up', 1);
  else entity.record('cockroachdb.cluster.up', 0, one('error.type', failure?.reason ?? '_OTHER'));
  for (const { endpoint, health, error } of probes) {
    if (health) {
      entity.record('cockroachdb.probe.up', 1, endpoint.attributes);
      entity.record('cockroachdb.probe.rtt', health.rttSeconds, endpoint.attributes);
    } else entity.record('cockroachdb.probe.up', 0, failed(endpoint, error?.reason ?? '_OTHER'));
  }
  if (jobs) recordJobs(entity, jobs, run.time);
  if (nodes) recordSummary(entity, nodes, run.pages);
}

function recordJobs(entity: ClusterEntity, jobs: readonly Job[], time: number): void {
  const counts = new Map<string, number>(jobStatuses.map((status) => [status, 0]));
  let oldest = Infinity;
  for (const { status, created } of jobs) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (created !== undefined) oldest = Math.min(oldest, created);
  }
  for (const [status, count] of counts) entity.record('cockroachdb.cluster.jobs', count, one('status', status));
  if (oldest !== Infinity) entity.record('cockroachdb.tasks.oldest_age', Math.max(0, time - oldest) / 1000);
}

function recordSummary(entity: ClusterEntity, nodes: readonly NodeView[], pages: ReadonlyMap<string, Page>): void {
  for (const state of states)
    entity.record(
      'cockroachdb.cluster.nodes',
      nodes.filter((node) => node.state === state).length,
      one('state', state),
    );
  const current = nodes.flatMap(({ current: isCurrent, status }) => (isCurrent && status ? [status] : []));
  const stores = current.flatMap((status) => status.stores);
  recordStores(entity, stores);
  entity.record('cockroachdb.cluster.sql.connections', sum(current.map(({ connections }) => connections)));
  const offsets = current.map(({ id, clockOffsetNs }) => ({ id, value: secondsOf(clockOffsetNs) }));
  recordHighest(entity, 'cockroachdb.cluster.clock_offset.max', offsets);
  const latencies = current.map(({ id, heartbeatP99Ns }) => ({
    id,
    value: secondsOf(heartbeatP99Ns) ?? heartbeatOf(pages.get(id)),
  }));
  recordHighest(entity, 'cockroachdb.cluster.heartbeat.latency.p99', latencies);
}

function recordStores(entity: ClusterEntity, stores: readonly StoreStatus[]): void {
  const total = (pick: (store: StoreStatus) => Whole): Whole => sum(stores.map(pick));
  const [used, limit] = [total((store) => store.used), total((store) => store.capacity)];
  entity.record('cockroachdb.cluster.capacity', used, one('state', 'used'));
  entity.record(
    'cockroachdb.cluster.capacity',
    total((store) => store.available),
    one('state', 'available'),
  );
  entity.record(
    'cockroachdb.cluster.capacity',
    total((store) => store.reserved),
    one('state', 'reserved'),
  );
  entity.record('cockroachdb.cluster.capacity.limit', limit);
  entity.record('cockroachdb.cluster.capacity.utilization', ratioOf(used, limit));
  entity.record(
    'cockroachdb.cluster.ranges',
    total((store) => store.ranges),
    one('state', 'total'),
  );
  entity.record(
    'cockroachdb.cluster.ranges',
    total((store) => store.unavailable),
    one('state', 'unavailable'),
  );
  entity.record(
    'cockroachdb.cluster.ranges',
    total((store) => store.underreplicated),
    one('state', 'underreplicated'),
  );
  entity.record(
    'cockroachdb.cluster.ranges',
    total((store) => store.overreplicated),
    one('state', 'overreplicated'),
  );
  entity.record('cockroachdb.cluster.qps', sumOfFloats(stores.map((store) => store.queriesPerSecond)));
  for (const queue of queues)
    entity.record(
      'cockroachdb.cluster.tasks.pending',
      total((store) => store.pending.get(queue)),
      one('queue', queue),
    );
}

/** With its sign, the value that is farthest from 0; of several the first. */
function recordHighest(
  entity: ClusterEntity,
  metric: 'cockroachdb.cluster.clock_offset.max' | 'cockroachdb.cluster.heartbeat.latency.p99',
  values: readonly { readonly id: string; readonly value: number | undefined }[],
): void {
  let highest: { readonly id: string; readonly value: number } | undefined;
  for (const { id, value } of values)
    if (value !== undefined && (!highest || Math.abs(value) > Math.abs(highest.value))) highest = { id, value };
  if (highest) entity.record(metric, highest.value, one('cockroachdb.node.id', highest.id));
}

import type { Attributes, Entity } from '@millrace/core';
import type { Health } from '../api/client.ts';
import type { Probe } from '../cluster/probe.ts';
import { isGone, type NodeView } from '../cluster/view.ts';
import type { metrics } from '../metrics.ts';
import type { NodeStatus } from '../status/nodes.ts';
import { one } from './attributes.ts';
import { ratioOf, secondsOf } from './sum.ts';

type NodeEntity = Entity<typeof metrics>;

export interface NodeRun {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** From `/_status/vars`, where the API has none. */
  readonly heartbeatSeconds: number | undefined;
  /** Of its info, the same object as long as nothing changes. */
  readonly info: Attributes | undefined;
}

export function recordNode(entity: NodeEntity, view: NodeView, run: NodeRun): void {
  const { state, status, probe, current } = view;
  entity.record('cockroachdb.node.liveness', 1, one('state', state));
  recordUp(entity, view);
  if (probe?.health) recordHealth(entity, probe.health);
  if (!status) return;
  if (run.info) entity.record('cockroachdb.node.info', 1, run.info);
  if (current) recordNumbers(entity, status, run);
}

/** Of a cluster that does not answer, what is known of a node is whether its endpoint does. */
export function recordProbe(entity: NodeEntity, { health, error }: Probe): void {
  if (health) {
    entity.record('cockroachdb.node.up', 1);
    recordHealth(entity, health);
  } else entity.record('cockroachdb.node.up', 0, one('error.type', error?.reason ?? '_OTHER'));
}

function recordHealth(entity: NodeEntity, { ready, rttSeconds }: Health): void {
  entity.record('cockroachdb.node.ready', ready ? 1 : 0);
  entity.record('cockroachdb.node.rtt', rttSeconds);
}

function recordUp(entity: NodeEntity, { state, probe }: NodeView): void {
  if (state === 'decommissioned') return;
  const reason = isGone(state) ? state : probe?.error?.reason;
  if (reason !== undefined) entity.record('cockroachdb.node.up', 0, one('error.type', reason));
  else if (state !== 'unknown' || probe?.health) entity.record('cockroachdb.node.up', 1);
}

function recordNumbers(entity: NodeEntity, status: NodeStatus, { time, heartbeatSeconds }: NodeRun): void {
  const { startedAt } = status;
  if (startedAt !== undefined) entity.record('cockroachdb.node.uptime', Math.max(0, time - startedAt) / 1000);
  entity.record('cockroachdb.node.cpu.count', status.cpus);
  entity.record('cockroachdb.node.cpu.utilization', status.cpu);
  entity.record('cockroachdb.node.memory.usage', status.rss);
  entity.record('cockroachdb.node.memory.limit', status.memoryLimit);
  entity.record('cockroachdb.node.memory.utilization', ratioOf(status.rss, status.memoryLimit));
  entity.record('cockroachdb.node.heartbeat.latency.p99', secondsOf(status.heartbeatP99Ns) ?? heartbeatSeconds);
  entity.record('cockroachdb.node.clock_offset.mean', secondsOf(status.clockOffsetNs));
  entity.record('cockroachdb.node.sql.connections', status.connections);
  for (const [peer, latency] of status.latencies)
    entity.record('cockroachdb.node.peer.rtt', secondsOf(latency), one('cockroachdb.peer.id', peer));
}

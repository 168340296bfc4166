import type { Attributes } from '@millrace/core';
import type { ClusterState, ResourceState } from './cluster-state.ts';
import { pointsOf, shown, valueOf } from './readings.ts';
import type { Value } from './units.ts';

/** A node of a CockroachDB cluster; what is not known is undefined. Seconds, bytes and ratios. */
export interface CockroachNode {
  readonly id: string;
  readonly state: string | undefined;
  readonly up: Value;
  readonly ready: Value;
  /** Why it is not up. */
  readonly reason: string | undefined;
  readonly version: string | undefined;
  readonly uptime: Value;
  readonly capacityUsed: Value;
  readonly memory: Value;
  readonly ranges: Value;
  readonly replicas: Value;
  readonly leaseholders: Value;
  readonly queries: Value;
  readonly heartbeat: Value;
  readonly clockOffset: Value;
  readonly roundTrip: Value;
  readonly connections: Value;
}

/** What the receiver has made of all nodes together. */
export interface CockroachSummary {
  readonly up: Value;
  readonly reason: string | undefined;
  /** How many nodes are in each state, those without nodes left out. */
  readonly nodes: ReadonlyMap<string, Value>;
  readonly capacityUsed: Value;
  readonly capacity: Value;
  /** By state: `total`, `unavailable`, … */
  readonly ranges: (state: string) => Value;
  readonly queries: Value;
  readonly connections: Value;
  readonly heartbeat: OfNode;
  readonly clockOffset: OfNode;
  readonly pending: Value;
  readonly jobs: Value;
  readonly oldestTask: Value;
  /** Endpoints that did not answer, with the reason. */
  readonly failedProbes: readonly string[];
}

interface OfNode {
  readonly value: Value;
  readonly node: string | undefined;
}

export const isCockroach = ({ resources }: ClusterState): boolean =>
  resources.some(({ metrics }) => metrics.keys().some((name) => name.startsWith('cockroachdb.')));

/** The nodes by their number, each with its stores put together. */
export function nodesOf({ resources }: ClusterState): CockroachNode[] {
  const byNode = Map.groupBy(resources, ({ attributes }) => text(attributes, 'cockroachdb.node.id'));
  byNode.delete(undefined);
  return [...byNode]
    .map(([id, parts]) => nodeOf(id!, parts))
    .sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
}

function nodeOf(id: string, parts: readonly ResourceState[]): CockroachNode {
  const node = parts.find(({ attributes }) => attributes['cockroachdb.store.id'] === undefined);
  const of = (metric: string): Value => node && valueOf(node, `cockroachdb.node.${metric}`);
  const attribute = (metric: string, name: string): string | undefined => {
    const point = node && pointsOf(node, `cockroachdb.node.${metric}`)[0];
    return point && text(point.attributes, name);
  };
  const total = (metric: string, wanted?: Attributes): Value =>
    sum(parts.map((part) => valueOf(part, `cockroachdb.${metric}`, wanted)));
  return {
    id,
    state: attribute('liveness', 'state'),
    up: of('up'),
    ready: of('ready'),
    reason: attribute('up', 'error.type'),
    version: attribute('info', 'cockroachdb.version'),
    uptime: of('uptime'),
    capacityUsed: ratio(total('store.capacity', { state: 'used' }), total('store.capacity.limit')),
    memory: of('memory.utilization'),
    ranges: total('ranges', { state: 'total' }),
    replicas: total('replicas'),
    leaseholders: total('replicas.leaseholders'),
    queries: total('qps'),
    heartbeat: of('heartbeat.latency.p99'),
    clockOffset: of('clock_offset.mean'),
    roundTrip: of('rtt'),
    connections: of('sql.connections'),
  };
}

export function summaryOf({ resources }: ClusterState): CockroachSummary {
  const cluster = resources.find(({ metrics }) => metrics.has('cockroachdb.cluster.up'));
  const points = (metric: string) => (cluster ? pointsOf(cluster, `cockroachdb.${metric}`) : []);
  const of = (metric: string): Value => cluster && valueOf(cluster, `cockroachdb.${metric}`);
  const ofNode = (metric: string): OfNode => {
    const [point] = points(metric);
    return { value: point?.value, node: point && text(point.attributes, 'cockroachdb.node.id') };
  };
  const failed = points('probe.up').filter(({ value }) => Number(value) === 0);
  return {
    up: of('cluster.up'),
    reason: text(points('cluster.up')[0]?.attributes ?? {}, 'error.type'),
    nodes: new Map(
      points('cluster.nodes').flatMap(({ attributes, value }) =>
        Number(value) > 0 ? [[text(attributes, 'state') ?? 'unknown', value] as const] : [],
      ),
    ),
    capacityUsed: of('cluster.capacity.utilization'),
    capacity: of('cluster.capacity.limit'),
    ranges: (state) => cluster && valueOf(cluster, 'cockroachdb.cluster.ranges', { state }),
    queries: of('cluster.qps'),
    connections: of('cluster.sql.connections'),
    heartbeat: ofNode('cluster.heartbeat.latency.p99'),
    clockOffset: ofNode('cluster.clock_offset.max'),
    pending: sum(points('cluster.tasks.pending').map(({ value }) => value)),
    jobs: sum(points('cluster.jobs').map(({ value }) => value)),
    oldestTask: of('tasks.oldest_age'),
    failedProbes: failed.map(
      ({ attributes }) =>
        `${shown(attributes['server.address'])}:${shown(attributes['server.port'])} ${shown(attributes['error.type'])}`,
    ),
  };
}

const text = (attributes: Attributes, name: string): string | undefined =>
  attributes[name] === undefined ? undefined : shown(attributes[name]);

/** Of those that are known; undefined if none is. */
function sum(values: readonly Value[]): Value {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total: number, value) => total + Number(value), 0);
}

const ratio = (part: Value, whole: Value): Value =>
  part === undefined || whole === undefined || Number(whole) === 0 ? undefined : Number(part) / Number(whole);

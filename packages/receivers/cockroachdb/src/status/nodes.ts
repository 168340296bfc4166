import { idOf, type JsonObject, listOf, millisecondsOf, objectOf, textOf } from '../json/access.ts';
import { floatOf, wholeOf } from '../json/scalars.ts';
import { each, type Json, members, type Shape, value } from '../json/shape.ts';
import { nodeMetricNames, pendingOf, queues, storeMetricNames } from './metric-names.ts';

/** A node as the cluster tells of it. What a node has not told is absent. */
export interface NodeStatus {
  readonly id: string;
  /** Where other nodes reach it; not where it answers over HTTP. */
  readonly address: string | undefined;
  readonly sqlAddress: string | undefined;
  /** From version 22.2. */
  readonly httpAddress: string | undefined;
  /** `region=eu,zone=a`. */
  readonly locality: string | undefined;
  readonly version: string | undefined;
  /** Milliseconds since the epoch: when the process began, and when it last told of itself. */
  readonly startedAt: number | undefined;
  readonly updatedAt: number | undefined;
  readonly cpus: number | undefined;
  /** Bytes of the machine, or of the cgroup that the process is in. */
  readonly memoryLimit: Whole;
  readonly rss: Whole;
  /** Of all CPUs, 0 to 1. */
  readonly cpu: number | undefined;
  readonly heartbeatP99Ns: number | undefined;
  /** The mean to the other nodes, with its sign. */
  readonly clockOffsetNs: number | undefined;
  readonly connections: Whole;
  /** Round trips to the other nodes, in nanoseconds by node id. */
  readonly latencies: ReadonlyMap<string, number>;
  readonly stores: readonly StoreStatus[];
}

export interface StoreStatus {
  readonly id: string;
  readonly capacity: Whole;
  readonly used: Whole;
  readonly available: Whole;
  readonly reserved: Whole;
  /** Each range is counted by one of its stores. */
  readonly ranges: Whole;
  readonly unavailable: Whole;
  readonly underreplicated: Whole;
  readonly overreplicated: Whole;
  readonly replicas: Whole;
  readonly leaseholders: Whole;
  readonly queriesPerSecond: number | undefined;
  readonly pending: ReadonlyMap<string, number | bigint>;
}

export type Whole = number | bigint | undefined;

const address = members({ addressField: value });
const metricsOf = (names: readonly string[]): Shape =>
  members(Object.fromEntries(names.map((name) => [name, value] as const)));

/** https://github.com/cockroachdb/cockroach/blob/master/pkg/server/serverpb/status.proto, `NodesResponse`. */
export const nodesShape: Shape = members({
  nodes: each(
    members({
      desc: members({
        nodeId: value,
        address,
        sqlAddress: address,
        httpAddress: address,
        locality: members({ tiers: each(members({ key: value, value })) }),
        buildTag: value,
      }),
      buildInfo: members({ tag: value }),
      startedAt: value,
      updatedAt: value,
      metrics: metricsOf(Object.values(nodeMetricNames)),
      activity: each(members({ latency: value })),
      totalSystemMemory: value,
      numCpus: value,
      storeStatuses: each(
        members({
          desc: members({
            storeId: value,
            capacity: members({
              capacity: value,
              available: value,
              used: value,
              rangeCount: value,
              leaseCount: value,
              queriesPerSecond: value,
            }),
          }),
          metrics: metricsOf([...Object.values(storeMetricNames), ...queues.map(pendingOf)]),
        }),
      ),
    }),
  ),
  livenessByNodeId: each(value),
});

export interface NodesReply {
  readonly nodes: readonly NodeStatus[];
  /** The liveness of each node, as the API writes it. */
  readonly liveness: ReadonlyMap<string, Json>;
}

/** Of what the shape has taken. Undefined if that is no list of nodes. */
export function nodesOf(reply: Json | undefined): NodesReply | undefined {
  const { nodes, livenessByNodeId } = objectOf(reply);
  if (!Array.isArray(nodes)) return undefined;
  return {
    nodes: listOf(nodes).flatMap((node) => nodeOf(objectOf(node)) ?? []),
    liveness: new Map(Object.entries(objectOf(livenessByNodeId))),
  };
}

function nodeOf(node: JsonObject): NodeStatus | undefined {
  const desc = objectOf(node['desc']);
  const id = idOf(desc['nodeId']);
  if (id === undefined) return undefined;
  const metrics = objectOf(node['metrics']);
  return {
    id,
    address: textOf(objectOf(desc['address'])['addressField']),
    sqlAddress: textOf(objectOf(desc['sqlAddress'])['addressField']),
    httpAddress: textOf(objectOf(desc['httpAddress'])['addressField']),
    locality: localityOf(desc['locality']),
    version: textOf(objectOf(node['buildInfo'])['tag']) ?? textOf(desc['buildTag']),
    startedAt: millisecondsOf(node['startedAt']),
    updatedAt: millisecondsOf(node['updatedAt']),
    cpus: positive(floatOf(node['numCpus'])),
    memoryLimit: positive(wholeOf(node['totalSystemMemory'])),
    rss: positive(wholeOf(metrics[nodeMetricNames.rss])),
    cpu: floatOf(metrics[nodeMetricNames.cpu]),
    heartbeatP99Ns: floatOf(metrics[nodeMetricNames.heartbeatP99]),
    clockOffsetNs: floatOf(metrics[nodeMetricNames.clockOffset]),
    connections: wholeOf(metrics[nodeMetricNames.connections]),
    latencies: latenciesOf(node['activity']),
    stores: listOf(node['storeStatuses']).flatMap((store) => storeOf(objectOf(store)) ?? []),
  };
}

/** What is 0 where it cannot be was not known to the node: an old version, or a machine that does not tell. */
const positive = <T extends number | bigint>(whole: T | undefined): T | undefined =>
  whole !== undefined && whole > 0 ? whole : undefined;

function localityOf(locality: Json | undefined): string | undefined {
  const tiers = listOf(objectOf(locality)['tiers']).map((tier) => {
    const { key, value: place } = objectOf(tier);
    return `${textOf(key) ?? ''}=${textOf(place) ?? ''}`;
  });
  return tiers.length > 0 ? tiers.join(',') : undefined;
}

function latenciesOf(activity: Json | undefined): ReadonlyMap<string, number> {
  const latencies = new Map<string, number>();
  for (const [peer, one] of Object.entries(objectOf(activity))) {
    const latency = floatOf(objectOf(one)['latency']);
    if (latency !== undefined && latency > 0) latencies.set(peer, latency);
  }
  return latencies;
}

function storeOf(store: JsonObject): StoreStatus | undefined {
  const desc = objectOf(store['desc']);
  const id = idOf(desc['storeId']);
  if (id === undefined) return undefined;
  const exact = objectOf(desc['capacity']);
  const metrics = objectOf(store['metrics']);
  const metric = (name: keyof typeof storeMetricNames): Whole => wholeOf(metrics[storeMetricNames[name]]);
  const pending = new Map<string, number | bigint>();
  for (const queue of queues) {
    const waiting = wholeOf(metrics[pendingOf(queue)]);
    if (waiting !== undefined) pending.set(queue, waiting);
  }
  return {
    id,
    // 64-bit integers in the description, floats among the metrics.
    capacity: wholeOf(exact['capacity']) ?? metric('capacity'),
    used: wholeOf(exact['used']) ?? metric('used'),
    available: wholeOf(exact['available']) ?? metric('available'),
    reserved: metric('reserved'),
    ranges: metric('ranges'),
    unavailable: metric('unavailable'),
    underreplicated: metric('underreplicated'),
    overreplicated: metric('overreplicated'),
    replicas: metric('replicas') ?? wholeOf(exact['rangeCount']),
    leaseholders: metric('leaseholders') ?? wholeOf(exact['leaseCount']),
    queriesPerSecond: floatOf(exact['queriesPerSecond']) ?? floatOf(metrics[storeMetricNames.queries]),
    pending,
  };
}

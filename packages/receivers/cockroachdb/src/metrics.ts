import type { MetricDeclaration } from '@millrace/core';
import { presets } from './presets/index.ts';

type Shape = Pick<MetricDeclaration, 'kind' | 'unit' | 'valueType'>;
const declared =
  (shape: Shape) =>
  (description: string, attributes?: MetricDeclaration['attributes']): MetricDeclaration => ({
    ...shape,
    description,
    ...(attributes && { attributes }),
  });

const flag = (unit: string) => declared({ kind: 'gauge', unit, valueType: 'int' });
const ratio = declared({ kind: 'gauge', unit: '1', valueType: 'double' });
const seconds = declared({ kind: 'gauge', unit: 's', valueType: 'double' });
const perSecond = declared({ kind: 'gauge', unit: '{query}/s', valueType: 'double' });
const bytes = declared({ kind: 'up_down_counter', unit: 'By', valueType: 'int' });
const count = (unit: string) => declared({ kind: 'up_down_counter', unit, valueType: 'int' });

const nodeStates =
  '`live`, `draining`, `decommissioning`, `decommissioned`, `initialising`, `unavailable`, `dead` or `unknown`';
const reason = {
  'error.type':
    'Why it is 0: `connection_refused`, `host_not_found`, `unreachable`, `connection_lost`, `timeout`, `tls`, `redirect`, `unauthorized`, `forbidden`, `not_found`, `unavailable`, `http_status`, `bad_reply`, `too_big` or `_OTHER`.',
};
const endpoint = { 'server.address': 'Host of the endpoint.', 'server.port': 'Port of the endpoint.' };
const capacityState = { state: '`used` by the data, `available` for it, or `reserved` for snapshots that arrive.' };
const rangeState = { state: '`total`, `unavailable`, `underreplicated` or `overreplicated`.' };
const queue = {
  queue:
    '`consistency`, `gc`, `lease`, `merge`, `raftlog`, `raftsnapshot`, `replicagc`, `replicate`, `split` or `tsmaintenance`.',
};

const cluster = {
  'cockroachdb.cluster.up': flag('{cluster}')('Whether one of the endpoints told of the nodes: 1 or 0.', reason),
  'cockroachdb.cluster.nodes': count('{node}')('Nodes of the cluster, by state.', { state: nodeStates }),
  'cockroachdb.cluster.capacity': bytes('Disk space of all stores.', capacityState),
  'cockroachdb.cluster.capacity.limit': bytes('Disk space that all stores may take.'),
  'cockroachdb.cluster.capacity.utilization': ratio('Used disk space over that which all stores may take, 0 to 1.'),
  'cockroachdb.cluster.ranges': count('{range}')('Ranges of the cluster.', rangeState),
  'cockroachdb.cluster.qps': perSecond('Queries a second of all stores.'),
  'cockroachdb.cluster.sql.connections': count('{connection}')('SQL connections to all nodes.'),
  'cockroachdb.cluster.heartbeat.latency.p99': seconds('The highest `cockroachdb.node.heartbeat.latency.p99`.', {
    'cockroachdb.node.id': 'The node that has it.',
  }),
  'cockroachdb.cluster.clock_offset.max': seconds('The `cockroachdb.node.clock_offset.mean` farthest from 0, signed.', {
    'cockroachdb.node.id': 'The node that has it.',
  }),
  'cockroachdb.cluster.tasks.pending': count('{replica}')('Replicas that wait in the queues of all stores.', queue),
  'cockroachdb.cluster.jobs': count('{job}')('Jobs that have not ended; without those the cluster starts by itself.', {
    status:
      '`running`, `pending`, and of those that are tried again `retry-running` or `retry-reverting`; `_OTHER` for what is none of them.',
  }),
  'cockroachdb.tasks.oldest_age': seconds('Time since the oldest of these jobs was created. Absent without jobs.'),
  'cockroachdb.probe.up': flag('{endpoint}')('Whether the endpoint answered its health check: 1 or 0.', {
    ...endpoint,
    ...reason,
  }),
  'cockroachdb.probe.rtt': seconds(
    'Time from the request of the health check to the beginning of its answer.',
    endpoint,
  ),
} as const;

const node = {
  'cockroachdb.node.liveness': flag('{node}')(
    'Always 1; the attribute tells the state, and only the current one has a point.',
    {
      state: nodeStates,
    },
  ),
  'cockroachdb.node.up': flag('{node}')(
    'Whether the node works: the cluster says so, and its endpoint answers if it has one. Absent where nobody knows, and of decommissioned nodes.',
    { 'error.type': `${reason['error.type'].replace(/ or `_OTHER`\.$/, '')}, \`_OTHER\`, or the state of the node.` },
  ),
  'cockroachdb.node.ready': flag('{node}')(
    'Whether the node takes SQL clients: 1 or 0. Of nodes with an endpoint that answers.',
  ),
  'cockroachdb.node.rtt': seconds('The `cockroachdb.probe.rtt` of the endpoint that is this node.'),
  'cockroachdb.node.info': flag('{node}')('Always 1; the attributes tell of the node.', {
    'cockroachdb.version': 'Version of CockroachDB.',
    'cockroachdb.node.address': 'Where other nodes reach it.',
    'cockroachdb.node.locality': 'Its locality: `region=eu,zone=a`. Absent without one.',
  }),
  'cockroachdb.node.uptime': seconds('Time since the process was started.'),
  'cockroachdb.node.cpu.count': count('{cpu}')('CPUs of the machine.'),
  'cockroachdb.node.cpu.utilization': ratio('CPU time of the process over that of all CPUs, 0 to 1.'),
  'cockroachdb.node.memory.usage': bytes('Resident memory of the process.'),
  'cockroachdb.node.memory.limit': bytes('Memory of the machine, or of the cgroup of the process.'),
  'cockroachdb.node.memory.utilization': ratio('Resident memory over the limit, 0 to 1.'),
  'cockroachdb.node.heartbeat.latency.p99': seconds(
    'The 99th percentile of the time that a heartbeat of the node takes.',
  ),
  'cockroachdb.node.clock_offset.mean': seconds('Mean offset of its clock to those of the other nodes, signed.'),
  'cockroachdb.node.sql.connections': count('{connection}')('SQL connections to the node.'),
  'cockroachdb.node.peer.rtt': {
    ...seconds('Round-trip time to another node, as the node measures it. As many points as the square of the nodes.', {
      'cockroachdb.peer.id': 'The other node.',
    }),
    enabled: false,
  },
} as const;

const store = {
  'cockroachdb.store.capacity': bytes('Disk space of the store.', capacityState),
  'cockroachdb.store.capacity.limit': bytes('Disk space that the store may take.'),
  'cockroachdb.store.capacity.utilization': ratio('Used disk space over that which the store may take, 0 to 1.'),
  'cockroachdb.ranges': count('{range}')(
    'Ranges that this store counts: each is counted by one of its stores.',
    rangeState,
  ),
  'cockroachdb.replicas': count('{replica}')('Replicas in the store.'),
  'cockroachdb.replicas.leaseholders': count('{replica}')('Replicas in the store that hold the lease of their range.'),
  'cockroachdb.qps': perSecond('Queries a second, averaged over some minutes.'),
  'cockroachdb.tasks.pending': count('{replica}')('Replicas that wait in a queue of the store.', queue),
} as const;

export const metrics = { ...cluster, ...node, ...store, ...presets.metrics } as const;

export type MetricName = keyof typeof metrics;

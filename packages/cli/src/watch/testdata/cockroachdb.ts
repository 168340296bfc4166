import { gauge, metricsJson, resource } from './metrics.ts';

const name = 'roachy';
const gone = Number.NaN;

/** A node that is live; `draining` ones take no clients, `dead` ones tell nothing. */
export const node = (id: string, state = 'live') =>
  resource({ 'cockroachdb.cluster.name': name, 'cockroachdb.node.id': id }, [
    gauge('cockroachdb.node.up', '1', state === 'dead' ? [0, { 'error.type': 'connection_refused' }] : 1),
    gauge('cockroachdb.node.liveness', '1', [1, { state }]),
    ...(state === 'dead'
      ? []
      : [
          gauge('cockroachdb.node.ready', '1', state === 'live' ? 1 : 0),
          gauge('cockroachdb.node.info', '1', [1, { 'cockroachdb.version': 'v24.1.3' }]),
          gauge('cockroachdb.node.uptime', 's', 123_456.5),
          gauge('cockroachdb.node.memory.utilization', '1', 0.4234),
          gauge('cockroachdb.node.heartbeat.latency.p99', 's', 0.00623),
          gauge('cockroachdb.node.clock_offset.mean', 's', -0.000123),
          gauge('cockroachdb.node.rtt', 's', 0.00153),
          gauge('cockroachdb.node.sql.connections', '{connection}', 12),
        ]),
  ]);

export const store = (nodeId: string, id: string) =>
  resource(
    { 'cockroachdb.cluster.name': name, 'cockroachdb.node.id': nodeId, 'cockroachdb.store.id': id },
    [
      gauge('cockroachdb.store.capacity', 'By', [42e10, { state: 'used' }], [58e10, { state: 'available' }]),
      gauge('cockroachdb.store.capacity.limit', 'By', 1e12),
      gauge('cockroachdb.ranges', '{range}', [1234, { state: 'total' }], [1, { state: 'unavailable' }]),
      gauge('cockroachdb.replicas', '{replica}', 3702),
      gauge('cockroachdb.replicas.leaseholders', '{replica}', 1230),
      gauge('cockroachdb.qps', '{query}/s', 1234.5),
    ],
  );

const probe = (host: string) => ({ 'server.address': host, 'server.port': '8080' });

export const cluster = () =>
  resource({ 'cockroachdb.cluster.name': name }, [
    gauge('cockroachdb.cluster.up', '1', 1, [gone, { 'error.type': 'timeout' }]),
    gauge('cockroachdb.cluster.nodes', '{node}', [2, { state: 'live' }], [1, { state: 'draining' }], [1, { state: 'dead' }], [0, { state: 'unavailable' }]),
    gauge('cockroachdb.cluster.capacity.limit', 'By', 4e12),
    gauge('cockroachdb.cluster.capacity.utilization', '1', 0.42),
    gauge('cockroachdb.cluster.ranges', '{range}', [4936, { state: 'total' }], [1, { state: 'unavailable' }], [0, { state: 'underreplicated' }], [2, { state: 'overreplicated' }]),
    gauge('cockroachdb.cluster.qps', '{query}/s', 4938.5),
    gauge('cockroachdb.cluster.sql.connections', '{connection}', 36),
    gauge('cockroachdb.cluster.heartbeat.latency.p99', 's', [0.0123, { 'cockroachdb.node.id': '2' }]),
    gauge('cockroachdb.cluster.clock_offset.max', 's', [-0.00123, { 'cockroachdb.node.id': '10' }]),
    gauge('cockroachdb.cluster.tasks.pending', '{replica}', [3, { queue: 'gc' }], [4, { queue: 'split' }]),
    gauge('cockroachdb.cluster.jobs', '{job}', [1, { status: 'running' }]),
    gauge('cockroachdb.tasks.oldest_age', 's', 11_520),
    gauge('cockroachdb.probe.up', '1', [1, probe('n1')], [0, { ...probe('n3'), 'error.type': 'connection_refused' }]),
  ]);

/** Four nodes, of which one drains, one is dead and one has two stores. */
export const roachy = () =>
  metricsJson(
    cluster(),
    node('1'),
    store('1', '1'),
    node('10'),
    store('10', '4'),
    store('10', '5'),
    node('2', 'draining'),
    store('2', '2'),
    node('3', 'dead'),
  );

/** The same cluster when none of its endpoints answers. */
export const unreachable = () =>
  metricsJson(
    resource({ 'cockroachdb.cluster.name': name }, [
      gauge('cockroachdb.cluster.up', '1', [0, { 'error.type': 'timeout' }]),
      gauge('cockroachdb.probe.up', '1', [0, { ...probe('n1'), 'error.type': 'timeout' }]),
    ]),
    resource({ 'cockroachdb.cluster.name': name }, [
      gauge('cockroachdb.cluster.up', '1', gone),
      gauge('cockroachdb.cluster.qps', '{query}/s', gone),
    ]),
  );

/** A change of state, as a log record. */
export const stateChange = (body: string, nodeId: string) => ({
  resourceLogs: [
    {
      resource: { attributes: [{ key: 'cockroachdb.node.id', value: { stringValue: nodeId } }] },
      scopeLogs: [
        {
          scope: {},
          logRecords: [{ timeUnixNano: '1795262400000000000', severityText: 'WARN', body: { stringValue: body } }],
        },
      ],
    },
  ],
});

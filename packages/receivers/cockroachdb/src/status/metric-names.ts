/**
 * The metrics of `/_status/nodes` that are looked at. What they mean stands in
 * https://www.cockroachlabs.com/docs/stable/metrics: names with points here, with underscores in `/_status/vars`.
 */
export const nodeMetricNames = {
  rss: 'sys.rss',
  cpu: 'sys.cpu.combined.percent-normalized',
  heartbeatP99: 'liveness.heartbeatlatency-p99',
  clockOffset: 'clock-offset.meannanos',
  connections: 'sql.conns',
} as const;

export const storeMetricNames = {
  capacity: 'capacity',
  used: 'capacity.used',
  available: 'capacity.available',
  reserved: 'capacity.reserved',
  ranges: 'ranges',
  unavailable: 'ranges.unavailable',
  underreplicated: 'ranges.underreplicated',
  overreplicated: 'ranges.overreplicated',
  replicas: 'replicas',
  leaseholders: 'replicas.leaseholders',
  queries: 'rebalancing.queriespersecond',
} as const;

/** The queues of a store, by what stands between `queue.` and `.pending`. */
export const queues = [
  'consistency',
  'gc',
  'lease',
  'merge',
  'raftlog',
  'raftsnapshot',
  'replicagc',
  'replicate',
  'split',
  'tsmaintenance',
] as const;

export const pendingOf = (queue: string): string => `queue.${queue}.pending`;

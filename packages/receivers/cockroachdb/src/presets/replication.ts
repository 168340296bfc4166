import type { Preset } from './preset.ts';

/** How ranges are kept, moved and split, and what waits for them. */
export const replication = {
  'cockroachdb.range.changes': {
    kind: 'counter',
    unit: '{change}',
    valueType: 'int',
    description: 'Replicas added and removed, ranges split and merged.',
    attributes: { change: '`add`, `remove`, `split` or `merge`.' },
    series: {
      range_adds: { change: 'add' },
      range_removes: { change: 'remove' },
      range_splits: { change: 'split' },
      range_merges: { change: 'merge' },
    },
  },
  'cockroachdb.range.snapshots': {
    kind: 'counter',
    unit: '{snapshot}',
    valueType: 'int',
    description: 'Snapshots of ranges.',
    attributes: { kind: '`generated` or `applied`.' },
    series: {
      range_snapshots_generated: { kind: 'generated' },
      range_snapshots_applied_voter: { kind: 'applied' },
    },
  },
  'cockroachdb.leases': {
    kind: 'counter',
    unit: '{lease}',
    valueType: 'int',
    description: 'Leases of ranges that were asked for, or handed to another replica.',
    attributes: { operation: '`request` or `transfer`.', outcome: '`success` or `error`.' },
    series: {
      leases_success: { operation: 'request', outcome: 'success' },
      leases_error: { operation: 'request', outcome: 'error' },
      leases_transfers_success: { operation: 'transfer', outcome: 'success' },
      leases_transfers_error: { operation: 'transfer', outcome: 'error' },
    },
  },
  'cockroachdb.replicas.role': {
    kind: 'up_down_counter',
    unit: '{replica}',
    valueType: 'int',
    description: 'Replicas of a kind.',
    attributes: { role: '`leader`, `leader_not_leaseholder` or `quiescent`.' },
    series: {
      replicas_leaders: { role: 'leader' },
      replicas_leaders_not_leaseholders: { role: 'leader_not_leaseholder' },
      replicas_quiescent: { role: 'quiescent' },
    },
  },
  'cockroachdb.requests.slow': {
    kind: 'up_down_counter',
    unit: '{request}',
    valueType: 'int',
    description: 'Requests that have been stuck for a long time.',
    attributes: { stuck_in: '`raft`, `lease`, `latch` or `distsender`.' },
    series: {
      requests_slow_raft: { stuck_in: 'raft' },
      requests_slow_lease: { stuck_in: 'lease' },
      requests_slow_latch: { stuck_in: 'latch' },
      requests_slow_distsender: { stuck_in: 'distsender' },
    },
  },
  'cockroachdb.heartbeats': {
    kind: 'counter',
    unit: '{heartbeat}',
    valueType: 'int',
    description: 'Heartbeats of the node.',
    attributes: { outcome: '`success` or `failure`.' },
    series: {
      liveness_heartbeatsuccesses: { outcome: 'success' },
      liveness_heartbeatfailures: { outcome: 'failure' },
    },
  },
  'cockroachdb.transactions': {
    kind: 'counter',
    unit: '{transaction}',
    valueType: 'int',
    description: 'Transactions of the key-value layer.',
    attributes: { outcome: '`commit` or `abort`.' },
    series: { txn_commits: { outcome: 'commit' }, txn_aborts: { outcome: 'abort' } },
  },
} as const satisfies Preset;

import type { Entity } from '@millrace/core';
import type { metrics } from '../metrics.ts';
import type { StoreStatus } from '../status/nodes.ts';
import { one } from './attributes.ts';
import { ratioOf } from './sum.ts';

export function recordStore(entity: Entity<typeof metrics>, store: StoreStatus): void {
  entity.record('cockroachdb.store.capacity', store.used, one('state', 'used'));
  entity.record('cockroachdb.store.capacity', store.available, one('state', 'available'));
  entity.record('cockroachdb.store.capacity', store.reserved, one('state', 'reserved'));
  entity.record('cockroachdb.store.capacity.limit', store.capacity);
  entity.record('cockroachdb.store.capacity.utilization', ratioOf(store.used, store.capacity));
  entity.record('cockroachdb.ranges', store.ranges, one('state', 'total'));
  entity.record('cockroachdb.ranges', store.unavailable, one('state', 'unavailable'));
  entity.record('cockroachdb.ranges', store.underreplicated, one('state', 'underreplicated'));
  entity.record('cockroachdb.ranges', store.overreplicated, one('state', 'overreplicated'));
  entity.record('cockroachdb.replicas', store.replicas);
  entity.record('cockroachdb.replicas.leaseholders', store.leaseholders);
  entity.record('cockroachdb.qps', store.queriesPerSecond);
  for (const [queue, waiting] of store.pending)
    entity.record('cockroachdb.tasks.pending', waiting, one('queue', queue));
}

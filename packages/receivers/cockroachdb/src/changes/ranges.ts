import type { NodeView } from '../cluster/view.ts';
import { sum } from '../record/sum.ts';
import type { StoreStatus } from '../status/nodes.ts';
import type { Change } from './record.ts';

type Trouble = 'unavailable' | 'underreplicated';

const severity = { unavailable: 'error', underreplicated: 'warning' } as const;
const words = { unavailable: 'unavailable', underreplicated: 'under-replicated' } as const;

/** Ranges that become unavailable or under-replicated, and recover. More or fewer of them are the metric's to tell. */
export function watchRanges(): (nodes: readonly NodeView[]) => readonly Change[] {
  const before = new Map<Trouble, boolean>();

  return (nodes) => {
    const stores = nodes.flatMap(({ current, status }) => (current && status ? status.stores : []));
    return (['unavailable', 'underreplicated'] as const).flatMap((trouble) => {
      const count = sum(stores.map((store: StoreStatus) => store[trouble]));
      if (count === undefined) return [];
      const is = count > 0;
      const was = before.get(trouble) ?? false;
      before.set(trouble, is);
      if (is === was) return [];
      return is ? [begun(trouble, count)] : [over(trouble)];
    });
  };
}

const begun = (trouble: Trouble, count: number | bigint): Change => ({
  severity: severity[trouble],
  body: count === 1 ? `1 range is ${words[trouble]}.` : `${count} ranges are ${words[trouble]}.`,
  eventName: `cockroachdb.ranges.${trouble}`,
  attributes: { 'cockroachdb.ranges': count },
});

const over = (trouble: Trouble): Change => ({
  severity: 'info',
  body: trouble === 'unavailable' ? 'All ranges are available again.' : 'All ranges have all their replicas again.',
  eventName: `cockroachdb.ranges.${trouble}`,
  attributes: { 'cockroachdb.ranges': 0 },
});

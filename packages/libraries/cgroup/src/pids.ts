import type { Place, Tree } from './place.ts';
import type { PidsSample, Wanted } from './sample.ts';

export const unknownPids = (): PidsSample => ({ current: undefined, limit: undefined });

/** The same in both versions: https://docs.kernel.org/admin-guide/cgroup-v2.html#pid */
export function readPids(place: Place, tree: Tree, { wanted, pids }: { wanted: Wanted; pids: PidsSample }): void {
  if (wanted.pids) pids.current = place.single(tree, 'pids.current');
  if (wanted.pidsLimit) pids.limit = place.limit(tree, 'pids.max');
}

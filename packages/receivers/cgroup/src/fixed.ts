import { type Hierarchy, identify } from '@millrace/cgroup';
import type { Attributes } from '@millrace/core';
import type { FixedCgroup } from './config.ts';
import { entityOf, isContainer } from './entity.ts';
import type { Tracked } from './tracked.ts';

/** One of `cgroups`, which is reported whether it is there or not. */
export interface Fixed {
  readonly attributes: Attributes;
  readonly mounts: readonly string[];
  /** Undefined while it is not there. */
  readonly tracked: Tracked | undefined;
  /** Looks for it again if it was not there. */
  find(): Promise<void>;
  /** It was not there, or nobody looks any more: closes its files. */
  lost(): void;
}

export function fixedCgroup(
  hierarchy: Hierarchy,
  { path, container_id, attributes: given, mounts }: FixedCgroup,
): Fixed {
  // The same whether it is there or not, so what only a path tells is known only where that is given.
  const own = path === undefined ? { 'container.id': container_id! } : entityOf(path);
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const attributes: Attributes = Object.freeze({ ...own, ...set });
  let tracked: Tracked | undefined;

  return {
    attributes,
    mounts,
    get tracked() {
      return tracked;
    },
    async find() {
      if (tracked) return;
      const there = path ?? (await hierarchy.findContainer(container_id!));
      if (there === undefined || !hierarchy.exists(there)) return;
      tracked = {
        path: there,
        attributes,
        container: isContainer(identify(there)),
        reader: hierarchy.reader(there),
        seenIn: 0,
        startTime: undefined,
        processStart: undefined,
        last: undefined,
      };
    },
    lost() {
      tracked?.reader.close();
      tracked = undefined;
    },
  };
}

import { type Hierarchy, identify, pathMatcher } from '@millrace/cgroup';
import type { Config } from './config.ts';
import { entityOf, isContainer } from './entity.ts';
import type { Tracked } from './tracked.ts';

/** The cgroups that are found by looking for them. */
export interface Found {
  /** Those that are there now and pass the filters. */
  look(signal: AbortSignal): Promise<readonly Tracked[]>;
  /** Forgets those that the last look has not found. */
  evict(): void;
  close(): void;
}

/** `taken`: those that `cgroups` lists, which are reported already. */
export function foundCgroups(hierarchy: Hierarchy, config: Config, taken: (path: string) => boolean): Found {
  const { select, include, exclude } = config;
  const patterns = include.length > 0 ? include : undefined;
  const isExcluded = pathMatcher(exclude);
  // What is not reported is remembered too, so that each path is looked at once.
  const known = new Map<string, Tracked | { seenIn: number; readonly reader?: undefined }>();
  const byContainer = new Map<unknown, string>();
  let looks = 0;

  const isWanted = (path: string): boolean => (select === 'all' || isContainer(identify(path))) && !isExcluded(path);

  function track(path: string): Tracked | { seenIn: number; readonly reader?: undefined } {
    if (!isWanted(path)) return { seenIn: 0 };
    const container = isContainer(identify(path));
    let attributes = entityOf(path);
    const id = attributes['container.id'];
    if (container) {
      // The same container twice would be one entity with every point twice.
      const first = byContainer.get(id);
      if (first !== undefined && first !== path && known.has(first))
        attributes = { ...attributes, 'cgroup.path': path };
      else byContainer.set(id, path);
    }
    return {
      path,
      attributes,
      container,
      reader: hierarchy.reader(path),
      seenIn: 0,
      startTime: undefined,
      processStart: undefined,
      last: undefined,
    };
  }

  return {
    async look(signal) {
      const paths = await hierarchy.list({ patterns, signal });
      const look = ++looks;
      const there: Tracked[] = [];
      for (const path of paths) {
        let one = known.get(path);
        if (!one) known.set(path, (one = track(path)));
        one.seenIn = look;
        if (one.reader && !taken(path)) there.push(one);
      }
      return there;
    },
    evict() {
      for (const [path, one] of known) {
        if (one.seenIn === looks) continue;
        known.delete(path);
        if (!one.reader) continue;
        one.reader.close();
        const id = one.attributes['container.id'];
        if (byContainer.get(id) === path) byContainer.delete(id);
      }
    },
    close() {
      for (const { reader } of known.values()) reader?.close();
      known.clear();
      byContainer.clear();
    },
  };
}

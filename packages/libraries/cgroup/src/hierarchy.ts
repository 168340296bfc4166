import { join } from 'node:path';
import { blockDevices } from './devices.ts';
import { cgroupFiles, openFileRoom } from './files.ts';
import { cgroupOfProcess, findContainer } from './find.ts';
import { type Layout, inspectLayout } from './layout.ts';
import { type Reader, cgroupExists, cgroupReader } from './reader.ts';
import { ageOf } from './started.ts';
import { type ListOptions, listCgroups } from './walk.ts';

export interface HierarchyOptions {
  /** Where cgroups are mounted. Default: /sys/fs/cgroup. */
  readonly rootPath?: string | undefined;
  /** Default: /proc. */
  readonly procPath?: string | undefined;
  /** Names of block devices are looked up here. Default: /sys. */
  readonly sysPath?: string | undefined;
  /**
   * Files that may stay open between readings, over all readers, which quarters the cost of reading them. Default: 4096, and
   * never more than half of what the process may open.
   */
  readonly maxOpenFiles?: number | undefined;
  /** Milliseconds, for `readAt`. Default: those of `performance.now()`, which never go back. */
  readonly now?: (() => number) | undefined;
}

/**
 * What is mounted at a place. Cgroups are named by their path below the mount, which begins with a slash and is the same
 * for all controllers of version 1: `/docker/<id>`. The root is `/`.
 */
export interface Hierarchy {
  readonly layout: Layout;
  /**
   * The cgroups that match any of some globs, sorted; all without patterns. Works in slices, so that the event loop turns.
   * Only folders that can match are looked into.
   */
  list(options?: ListOptions): Promise<readonly string[]>;
  exists(path: string): boolean;
  /**
   * The cgroup of a container, by its id, by at least 12 digits that it begins with, or by the name of an LXC container.
   * Looks at the usual places first, then at all cgroups.
   */
  findContainer(id: string): Promise<string | undefined>;
  /** The cgroup of a process, from /proc/<pid>/cgroup. Undefined if it is gone, or outside of this cgroup namespace. */
  ofProcess(pid: number): string | undefined;
  /**
   * How long the oldest process of a cgroup has been running, in milliseconds: of a container, how long itself. Undefined where
   * it has none that can be seen.
   */
  age(path: string): number | undefined;
  /** Never throws: whether the cgroup is there is seen at `read`. Each reader has files of its own. */
  reader(path: string): Reader;
}

/** Throws a PermanentError where no cgroups are mounted. Has nothing open itself: close the readers. */
export function openHierarchy({
  rootPath = '/sys/fs/cgroup',
  procPath = '/proc',
  sysPath = '/sys',
  maxOpenFiles = 4096,
  now = () => performance.now(),
}: HierarchyOptions = {}): Hierarchy {
  const layout = inspectLayout(rootPath);
  const files = cgroupFiles(openFileRoom(layout.trees, maxOpenFiles));
  const devices = blockDevices({ sysPath, procPath });
  return {
    layout,
    list: (options = {}) => listCgroups(layout, options),
    exists: (path) => cgroupExists(layout, path),
    findContainer: (id) => findContainer(layout, id),
    ofProcess: (pid) => cgroupOfProcess(layout, join(procPath, String(pid), 'cgroup')),
    age: (path) => ageOf(layout, path, procPath),
    reader: (path) => cgroupReader(path, { layout, files, devices, now }),
  };
}

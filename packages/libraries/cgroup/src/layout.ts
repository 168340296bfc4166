import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError, describeError } from '@millrace/core';

export type Mode = 'v1' | 'v2' | 'hybrid';

/** The controllers of version 1 that are read. */
export type Controller = (typeof controllers)[number];
export const controllers = ['memory', 'pids', 'cpu', 'cpuacct', 'blkio', 'cpuset'] as const;

/** What is mounted at a place, told by what is there. */
export interface Layout {
  readonly mode: Mode;
  readonly root: string;
  /** The folders of the controllers of version 1. Those that are mounted together (`cpu,cpuacct`) have the same. */
  readonly v1: ReadonlyMap<Controller, string>;
  /** The folder of version 2: the root itself, or in hybrid mode `unified` in it. */
  readonly v2: string | undefined;
  /** The distinct folders of which any cgroup that can be read is in at least one. The first one has most of them. */
  readonly trees: readonly string[];
}

/** Throws a PermanentError where no cgroups are. */
export function inspectLayout(root: string): Layout {
  if (isV2(root)) return { mode: 'v2', root, v1: new Map(), v2: root, trees: [root] };
  let names: readonly string[];
  try {
    names = readdirSync(root);
  } catch (error) {
    throw new PermanentError(
      `There are no cgroups at ${root}: ${describeError(error)}. They need Linux; in a container, mount /sys/fs/cgroup of the host and say where.`,
    );
  }
  const found = new Map<Controller, string>();
  // Folders are named after what is mounted in them: `memory`, `cpu,cpuacct`, and often links with the single names.
  for (const name of names)
    for (const part of name.split(','))
      if (isController(part) && (!found.has(part) || name === part)) {
        const folder = v1Folder(join(root, name));
        if (folder !== undefined) found.set(part, folder);
      }
  const unified = join(root, 'unified');
  const v2 = isV2(unified) ? unified : undefined;
  if (found.size === 0 && v2 === undefined)
    throw new PermanentError(
      `${root} has no cgroups: neither the file cgroup.controllers of version 2 nor folders of controllers of version 1 (memory, cpu, …).`,
    );
  const v1 = new Map(controllers.flatMap((name) => (found.has(name) ? [[name, found.get(name)!] as const] : [])));
  const trees = new Set(v1.values());
  // Under it systemd keeps a cgroup for all that it has; with no controller they have nothing to tell but pressure.
  if (v2 !== undefined && (v1.size === 0 || readControllers(v2).some((name) => name === 'io' || isController(name))))
    trees.add(v2);
  return { mode: v2 === undefined ? 'v1' : 'hybrid', root, v1, v2, trees: [...trees] };
}

const isV2 = (folder: string): boolean => existsSync(join(folder, 'cgroup.controllers'));
const isController = (name: string): name is Controller => (controllers as readonly string[]).includes(name);

/** Where the folder really is; undefined for an empty place where nothing is mounted. */
function v1Folder(path: string): string | undefined {
  try {
    const folder = realpathSync(path);
    return readdirSync(folder).length > 0 ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** What version 2 has at its root: `cpu`, `io`, `memory`, … None in hybrid mode while version 1 has them. */
export function readControllers(v2: string): readonly string[] {
  try {
    return readFileSync(join(v2, 'cgroup.controllers'), 'latin1').split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}

import { readFileSync } from 'node:fs';
import { identify } from './identify.ts';
import type { Layout } from './layout.ts';
import { cgroupExists } from './reader.ts';
import { listCgroups } from './walk.ts';

/** Where runtimes put the cgroup of a container when nothing else is said. */
const usualPlaces: readonly ((id: string) => string)[] = [
  (id) => `/docker/${id}`,
  (id) => `/system.slice/docker-${id}.scope`,
  (id) => `/machine.slice/libpod-${id}.scope`,
  (id) => `/libpod_parent/libpod-${id}`,
  (id) => `/k8s.io/${id}`,
  (id) => `/default/${id}`,
];

/** The cgroup of the container whose id is or begins with this (12 characters at least); undefined if there is none. */
export async function findContainer(layout: Layout, id: string): Promise<string | undefined> {
  if (/^[0-9a-f]{64}$/.test(id)) for (const place of usualPlaces) if (cgroupExists(layout, place(id))) return place(id);
  const fits = (found: string): boolean => found === id || (id.length >= 12 && found.startsWith(id));
  return (await listCgroups(layout, {})).find((path) => {
    const { containerId, inside } = identify(path);
    return containerId !== undefined && inside === undefined && fits(containerId);
  });
}

/**
 * proc_pid_cgroup(5). Version 2 has one path (`0::`), version 1 one for each controller, of which the first that is read and
 * not the root is taken: memory's, then that of pids, … Undefined where the process is gone, or in a cgroup that is not
 * below what is mounted here (`/../…`).
 */
export function cgroupOfProcess(layout: Layout, cgroupFile: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(cgroupFile, 'utf8');
  } catch {
    return undefined;
  }
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== undefined && !path.startsWith('/..')) for (const name of names!.split(',')) paths.set(name, path);
  }
  const known = [...layout.v1.keys(), ...(layout.v2 === undefined ? [] : [''])].flatMap(
    (name) => paths.get(name) ?? [],
  );
  return known.find((path) => path !== '/') ?? known[0];
}

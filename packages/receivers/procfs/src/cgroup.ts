export interface Cgroup {
  /** Below the root of its hierarchy. */
  readonly path: string;
  /** 64 hex digits. */
  readonly containerId?: string;
}

const containerId = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;

/**
 * proc_pid_cgroup(5), lines of `id:controllers:path`. Version 2 has one path (`0::`). Version 1 has one for each controller,
 * of which the memory controller's is taken, and where that is the root, the first that is not. Undefined for an empty text.
 *
 * Container runtimes name the cgroup after the container's id: `/docker/<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`.
 */
export function parseCgroup(text: string): Cgroup | undefined {
  const lines = text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ controllers: controllers!.split(','), path }];
  });
  const [first] = lines;
  if (!first) return undefined;
  const below = lines.filter(({ path }) => path !== '/');
  const chosen =
    below.find(({ controllers }) => controllers[0] === '') ??
    below.find(({ controllers }) => controllers.includes('memory')) ??
    below[0] ??
    first;
  const id = [chosen, ...below].map(({ path }) => path.match(containerId)?.at(-1)).find((found) => found !== undefined);
  return { path: chosen.path, ...(id === undefined ? {} : { containerId: id }) };
}

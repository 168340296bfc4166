import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join, relative } from 'node:path';

/**
 * The memory that this process may have, in bytes: the least that its cgroup (version 1 or 2) or one above it allows, or else
 * what the machine has.
 */
export function availableMemory(root = '/', machine = totalmem()): number {
  const limits = memoryFiles(root).map((file) => readLimit(join(root, file)));
  return Math.min(machine, ...limits);
}

/** The files with the limits, from the process's own cgroup up to the mount. */
function memoryFiles(root: string): readonly string[] {
  const groups = lines(join(root, 'proc/self/cgroup')).map((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { controllers: controllers.split(','), path };
  });
  return lines(join(root, 'proc/self/mountinfo')).flatMap((line) => {
    const mount = parseMount(line);
    if (!mount) return [];
    const own = groups.find(({ controllers }) =>
      mount.version === 1 ? controllers.includes('memory') : controllers.join() === '',
    );
    if (!own) return [];
    const file = mount.version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
    return foldersOf(mount, own.path).map((folder) => join(folder, file));
  });
}

interface Mount {
  readonly version: 1 | 2;
  /** The cgroup that is mounted. */
  readonly root: string;
  readonly point: string;
}

/** A line of /proc/self/mountinfo: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html. */
function parseMount(line: string): Mount | undefined {
  const [left = '', right = ''] = line.split(' - ');
  const [, , , root, point] = left.split(' ');
  const [type, , options = ''] = right.split(' ');
  if (!root || !point) return undefined;
  if (type === 'cgroup2') return { version: 2, root, point };
  return type === 'cgroup' && options.split(',').includes('memory') ? { version: 1, root, point } : undefined;
}

/** Inside a container, the mount may be of the process's own cgroup, and show none above it. */
function foldersOf({ root, point }: Mount, path: string): readonly string[] {
  const below = relative(root, path);
  const folders: string[] = [];
  if (!below.startsWith('..'))
    for (let at = below; at !== '' && at !== '.'; at = dirname(at)) folders.push(join(point, at));
  return [...folders, point];
}

function readLimit(file: string): number {
  const [text = ''] = lines(file);
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY; // `max`, or no such file at the top
}

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

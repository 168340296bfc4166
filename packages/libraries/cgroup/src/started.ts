import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** A container that has a systemd of its own, or that crun made, has its processes below its own cgroup. */
const below = ['', '/init.scope', '/container', '/payload'] as const;

/** Of many processes, the first ones: the kernel lists them by pid, or in the order in which they came. */
const most = 16;

/**
 * How long the oldest process of a cgroup has been running, in milliseconds: of a container, how long itself. Undefined where
 * there is none, or none that is to be seen (in another pid namespace). Exact to 10 ms.
 */
export function ageOf({ trees }: Layout, path: string, procPath: string): number | undefined {
  const uptime = Number(/^(\d+\.\d+) /.exec(textOf(join(procPath, 'uptime')) ?? '')?.[1]);
  if (Number.isNaN(uptime)) return undefined;
  for (const inner of below) {
    const folder = `${trees[0]}${path}${inner}`;
    if (!existsSync(folder)) continue;
    const pids = (textOf(`${folder}/cgroup.procs`) ?? '').split('\n', most);
    const ages = pids.flatMap((pid) => startOf(procPath, pid) ?? []).map((start) => uptime * 1000 - start);
    if (ages.length > 0) return Math.max(0, ...ages);
  }
  return undefined;
}

/** Milliseconds since boot: proc_pid_stat(5), the 22nd field, in ticks of 1/100 s. The name before may hold anything. */
function startOf(procPath: string, pid: string): number | undefined {
  if (!/^[1-9]\d*$/.test(pid)) return undefined;
  const text = textOf(join(procPath, pid, 'stat'));
  const ticks = text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? undefined : Number(ticks) * 10;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

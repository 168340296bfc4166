import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const root = '/sys/fs/cgroup';
const folders = ['memory', 'pids', 'cpu', 'cpuacct', 'blkio', 'cpuset', 'unified'].filter((name) =>
  existsSync(join(root, name, 'cgroup.procs')),
);

/** Why cgroups of version 1 cannot be made here; undefined where they can. */
export const cannotMake: string | undefined =
  process.getuid?.() !== 0
    ? 'needs root'
    : folders.includes('memory') && folders.includes('cpuacct')
      ? undefined
      : 'needs cgroups of version 1, with a folder for each controller';

if (cannotMake) process.stderr.write(`SKIPPED: the tests with cgroups of this machine: ${cannotMake}.\n`);

export interface LiveCgroup {
  readonly path: string;
  set(file: string, value: string): void;
  /** Runs a shell script in it, in its own process group. */
  run(script: string): ChildProcess;
  /** Removes it, once its processes have ended, and makes it again. */
  remake(): Promise<void>;
  remove(): Promise<void>;
}

/** A cgroup in all trees of this machine, removed after the test with all that runs in it. */
export function liveCgroup(name: string): LiveCgroup {
  const path = `/millrace-test-${process.pid}/${name}`;
  const all = folders.map((folder) => join(root, folder) + path);
  const make = (): void => {
    for (const folder of all) mkdirSync(folder, { recursive: true });
    // A cpuset has no CPUs and takes no tasks until it is told which.
    if (folders.includes('cpuset'))
      for (const folder of [join(root, 'cpuset', path, '..'), join(root, 'cpuset', path)]) {
        writeFileSync(join(folder, 'cpuset.cpus'), '0');
        writeFileSync(join(folder, 'cpuset.mems'), '0');
      }
  };
  const children = new Set<ChildProcess>();

  async function remove(): Promise<void> {
    for (const child of children) {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It has ended.
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    children.clear();
    for (const folder of all) await removeFolder(folder);
  }

  make();
  onTestFinished(async () => {
    await remove();
    for (const folder of all) {
      const parent = join(folder, '..');
      if (existsSync(parent) && !readdirSync(parent, { withFileTypes: true }).some((entry) => entry.isDirectory()))
        rmdirSync(parent);
    }
  });
  return {
    path,
    remove,
    set: (file, value) => {
      const [controller = ''] = file.split('.');
      writeFileSync(join(root, controller + path, file), value);
    },
    run(script) {
      const enter = all.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
      const child = spawn('sh', ['-c', `${enter} || exit 99\n${script}`], {
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.add(child);
      return child;
    },
    async remake() {
      await remove();
      make();
    },
  };
}

/** Processes that were killed leave a moment later. */
async function removeFolder(folder: string): Promise<void> {
  for (let tries = 0; existsSync(folder); tries++) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The next text that a child writes. */
export async function said(child: ChildProcess): Promise<string> {
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  return text.toString();
}

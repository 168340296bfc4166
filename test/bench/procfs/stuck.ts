import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tree like /proc in which reading one process' smaps_rollup takes `seconds`, each time it is opened. */
export function stuckTree(folder: string, seconds: number): { rootPath: string; stop: () => void } {
  const proc = join(folder, 'stuck', 'proc');
  mkdirSync(join(proc, '7'), { recursive: true });
  for (const file of ['stat', 'uptime']) writeFileSync(join(proc, file), readFileSync(`/proc/${file}`));
  for (const file of ['stat', 'io', 'cmdline', 'status', 'cgroup'])
    writeFileSync(join(proc, '7', file), readFileSync(`/proc/self/${file}`));
  writeFileSync(join(folder, 'rollup'), 'Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\nSwap: 0 kB\n');
  const fifo = join(proc, '7', 'smaps_rollup');
  rmSync(fifo, { force: true });
  execFileSync('mkfifo', [fifo]);
  // Whoever opens the file for reading waits until somebody opens it for writing.
  const writer = spawn('sh', ['-c', `while sleep ${seconds}; do cat "${folder}/rollup" > "${fifo}"; done`], {
    detached: true,
    stdio: 'ignore',
  });
  return {
    rootPath: join(folder, 'stuck'),
    stop() {
      process.kill(-writer.pid!, 'SIGKILL');
      // Lets a reader go that still waits: its thread would hold this process.
      closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK));
    },
  };
}

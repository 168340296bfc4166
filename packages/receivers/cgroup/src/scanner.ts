import { join } from 'node:path';
import { type Hierarchy, type HierarchyOptions, type Wanted, openHierarchy } from '@millrace/cgroup';
import { type Context, type ScraperInstance, describeError } from '@millrace/core';
import { inSlices } from '@millrace/polling';
import type { Config } from './config.ts';
import { filesystems } from './filesystems.ts';
import { type Fixed, fixedCgroup } from './fixed.ts';
import { foundCgroups } from './found.ts';
import type { metrics } from './metrics.ts';
import { record, recordZeros } from './record.ts';
import { type Tracked, readTracked } from './tracked.ts';
import { type Run, wantedOf } from './wanted.ts';

/** Where the host's cgroups, processes and devices are. */
export const placesOf = ({ root_path, cgroup_path }: Config): HierarchyOptions => ({
  rootPath: cgroup_path ?? join(root_path, 'sys/fs/cgroup'),
  procPath: join(root_path, 'proc'),
  sysPath: join(root_path, 'sys'),
});

/** `now`: milliseconds that never go back, for the time between two readings. */
export function createScanner(
  config: Config,
  _context: Context,
  now = (): number => performance.now(),
): ScraperInstance<typeof metrics> {
  let scanner: ReturnType<typeof openScanner> | undefined;
  const open = () =>
    (scanner ??= openScanner(config, openHierarchy({ ...placesOf(config), maxOpenFiles: config.max_open_files, now })));
  return {
    start: async () => void open(),
    scrape: async (run) => open().scrape(run),
    async shutdown() {
      scanner?.close();
      scanner = undefined;
    },
  };
}

interface How {
  readonly wanted: Wanted;
  /** Say 0 of what there is nothing to say of yet. */
  readonly zeros: boolean;
}

function openScanner(config: Config, hierarchy: Hierarchy) {
  const fixed = config.cgroups.map((one) => fixedCgroup(hierarchy, one));
  const taken = (path: string): boolean => fixed.some(({ tracked }) => tracked?.path === path);
  const found = config.select === 'none' ? undefined : foundCgroups(hierarchy, config, taken);
  const disks = filesystems();
  /** When the last whole scrape was: who was not there then began after it. */
  let absentAt: number | undefined;

  /** False if it is not there. */
  function scrapeOne(run: Run, tracked: Tracked, { wanted, zeros }: How): boolean {
    const reading = readTracked(tracked, { wanted, hierarchy, time: run.time, absentAt });
    if (!reading) return false;
    const { sample, cpus } = reading;
    const entity = run.entity(tracked.attributes, { startTime: tracked.startTime });
    entity.record('container.cpu.usage', cpus ?? (zeros ? 0 : undefined));
    if (tracked.processStart !== undefined)
      entity.record('container.uptime', Math.max(0, run.time - tracked.processStart) / 1000);
    record(entity, sample, { virtualDevices: config.virtual_devices, zeros });
    return true;
  }

  /** Resolves with the end of what may take time: the file systems, which are asked side by side. */
  async function scrapeFixed(run: Run, one: Fixed, wanted: Wanted): Promise<{ readonly asked: Promise<void> }> {
    await one.find();
    const zeros = config.emit_when_missing === 'zeros';
    let running = false;
    try {
      running = one.tracked !== undefined && scrapeOne(run, one.tracked, { wanted, zeros });
    } finally {
      if (!running) one.lost();
    }
    const entity = run.entity(one.attributes);
    entity.record('container.running', running ? 1 : 0);
    if (!running && zeros) recordZeros(entity);
    return { asked: disks.record(entity, one.mounts, run) };
  }

  async function scrape(run: Run): Promise<void> {
    const wanted = wantedOf(run);
    const failures = new Set<string>();
    const fails = (error: unknown): void => void failures.add(describeError(error).replace(/'.*'/, 'their files'));

    const asked: Promise<void>[] = [];
    for (const one of fixed) {
      try {
        asked.push((await scrapeFixed(run, one, wanted)).asked);
      } catch (error) {
        fails(error);
      }
    }
    if (found) {
      const cgroups = await found.look(run.signal);
      const attempt = (tracked: Tracked): void => {
        try {
          scrapeOne(run, tracked, { wanted, zeros: false });
        } catch (error) {
          fails(error);
        }
      };
      await inSlices(cgroups, attempt, run.signal);
      if (run.signal.aborted) return;
      found.evict();
    }
    await Promise.all(asked);
    absentAt = run.time;
    // The same message for the same trouble, of however many cgroups.
    for (const failure of [...failures].sort()) run.fail(new Error(`Some cgroups could not be read: ${failure}.`));
  }

  return {
    scrape,
    close(): void {
      for (const one of fixed) one.lost();
      found?.close();
    },
  };
}

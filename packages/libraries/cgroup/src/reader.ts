import { existsSync } from 'node:fs';
import { readCpuV1, readCpuV2, unknownCpu } from './cpu.ts';
import type { Devices } from './devices.ts';
import type { CgroupFiles } from './files.ts';
import { RemovedError } from './files.ts';
import { type IoSource, readIoV1, readIoV2 } from './io.ts';
import { type Controller, type Layout, controllers } from './layout.ts';
import { readMemoryV1, readMemoryV2, unknownMemory } from './memory.ts';
import { readPids, unknownPids } from './pids.ts';
import { type Tree, folderOf, openPlace } from './place.ts';
import { readPressure, unknownPressure } from './pressure.ts';
import type { CgroupSample, Wanted } from './sample.ts';

export interface Reader {
  readonly path: string;
  /**
   * Reads now, without waiting. Undefined if the cgroup is not there: a later call may find it again. Throws where it
   * may not be read (EACCES). The sample is the caller's to keep.
   */
  read(wanted: Wanted): CgroupSample | undefined;
  /** Closes its files. It may read again. */
  close(): void;
}

export interface ReaderOptions {
  readonly layout: Layout;
  readonly files: CgroupFiles;
  readonly devices: Devices;
  readonly now: () => number;
}

export function cgroupReader(path: string, { layout, files, devices, now }: ReaderOptions): Reader {
  const place = openPlace(layout, path, files);
  let ioSource: IoSource | undefined;

  // Each controller is read where it lives.
  const in1 = (controller: Controller): boolean => layout.v1.has(controller);

  function readOnce(wanted: Wanted, restarted: boolean): CgroupSample {
    place.found = false;
    const cpu = unknownCpu();
    const readAt = now();
    if (in1('cpuacct') || in1('cpu')) readCpuV1(place, wanted, cpu);
    else readCpuV2(place, wanted, cpu);
    const memory = unknownMemory();
    if (in1('memory')) readMemoryV1(place, wanted, memory);
    else readMemoryV2(place, wanted, memory);
    const io = wanted.io ? readIo() : undefined;
    const pids = unknownPids();
    readPids(place, in1('pids') ? 'pids' : 'v2', { wanted, pids });
    const pressure = unknownPressure();
    if (wanted.pressure) readPressure(place, pressure);
    return { readAt, restarted, cpu, memory, io, pids, pressure };
  }

  function readIo(): CgroupSample['io'] {
    if (!in1('blkio')) return readIoV2(place, devices);
    const read = readIoV1(place, devices, ioSource);
    ioSource = read.source;
    return read.devices;
  }

  function attempt(wanted: Wanted, restarted: boolean): CgroupSample | undefined {
    try {
      return readOnce(wanted, restarted);
    } catch (error) {
      forget();
      if (error instanceof RemovedError) return undefined;
      throw error;
    }
  }

  function forget(): void {
    place.close();
    ioSource = undefined;
  }

  return {
    path,
    read(wanted) {
      let sample = attempt(wanted, false);
      // Its files were those of one that was removed. If it was made again, it is there under the same name.
      if (!sample && cgroupExists(layout, path)) sample = attempt(wanted, true);
      if (!sample) return undefined;
      if (place.found || cgroupExists(layout, path)) return sample;
      forget();
      return undefined;
    },
    close: forget,
  };
}

const trees: readonly Tree[] = ['v2', ...controllers];

export const cgroupExists = (layout: Layout, path: string): boolean =>
  trees.some((tree) => {
    const folder = folderOf(layout, tree, path);
    return folder !== undefined && existsSync(folder);
  });

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError, describeError } from '@millrace/core';
import type { KernelUnits } from './auxv.ts';
import { readKernelUnits } from './auxv.ts';

/** What is the same for all processes of the machine, and found out once. */
export interface Host {
  readonly proc: string;
  readonly units: KernelUnits;
  /** Milliseconds since the epoch. */
  readonly bootTime: number;
  readonly smapsFile: 'smaps_rollup' | 'smaps';
  readonly sizeCountsOpenFiles: boolean;
}

/** Fails with a PermanentError where there is no /proc to read. */
export function inspectHost(rootPath: string): Host {
  const proc = join(rootPath, 'proc');
  let stat: string;
  try {
    readdirSync(proc);
    stat = readFileSync(join(proc, 'stat'), 'latin1');
  } catch (error) {
    throw new PermanentError(
      `Processes cannot be read from ${proc}: ${describeError(error)}. The procfs scraper needs Linux and a mounted /proc; in a container, root_path says where that of the host is.`,
    );
  }
  const bootTime = parseBootTime(stat);
  if (bootTime === undefined)
    throw new PermanentError(
      `${proc} is not the /proc of Linux: its file stat has no line with the boot time (btime).`,
    );
  return {
    proc,
    units: readKernelUnits(),
    bootTime,
    // Kernels before 4.14 have none, nor those without CONFIG_PROC_PAGE_MONITOR, which have no smaps either.
    smapsFile:
      existsSync(join(proc, 'self/smaps')) && !existsSync(join(proc, 'self/smaps_rollup')) ? 'smaps' : 'smaps_rollup',
    sizeCountsOpenFiles: countsOpenFiles(proc),
  };
}

/** proc_stat(5): when the machine was booted, milliseconds since the epoch. */
export function parseBootTime(text: string): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** proc_uptime(5): seconds since boot; NaN for anything else. */
export function parseUptime(text: string): number {
  const seconds = /^(\d+(?:\.\d+)?) /.exec(text)?.[1];
  return seconds === undefined ? Number.NaN : Number(seconds);
}

// This process has files open, so where sizes count them it is not 0; a folder on a disk has a size of whole blocks.
function countsOpenFiles(proc: string): boolean {
  try {
    const directory = join(proc, 'self/fd');
    const { size } = statSync(directory);
    return size > 0 && Math.abs(size - readdirSync(directory).length) <= 2;
  } catch {
    return false;
  }
}

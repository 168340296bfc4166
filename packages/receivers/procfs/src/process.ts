import type { Attributes } from '@millrace/core';
import type { Cgroup } from './cgroup.ts';
import type { CommandLine } from './command-line.ts';
import type { ProcFile } from './proc-file.ts';
import { procFile } from './proc-file.ts';

/** What a process is called and whose it is. Read when it is first seen, after an exec, and when it is a minute old. */
export interface Identity {
  readonly parentPid: number;
  /** The kernel's name, at most 15 bytes. */
  readonly comm: string;
  readonly executablePath: string | undefined;
  readonly owner: string | undefined;
  readonly cgroup: Cgroup | undefined;
  /** Files of it that may not be read. */
  readonly denied: string[];
  /** `unread` until the worker has come to it; undefined for a process that has none. */
  commandLine: CommandLine | 'unread' | undefined;
  /** Made of the above, and the same object until one of them changes. */
  attributes: Attributes | undefined;
  /** Whether `include` and `exclude` let it through; undefined until asked. */
  included: boolean | undefined;
}

/** A reading of smaps_rollup. Bytes. */
export interface MemoryReading {
  readonly rss: number;
  readonly pss: number;
  readonly uss: number;
  readonly swap: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What stat said just before it: while that stands still, the reading holds. NaN where it is not known. */
  readonly residentPages: number;
  readonly faults: number;
  readonly cpuTicks: number;
}

/** One process: one pid with one start time. */
export interface Process {
  readonly pid: number;
  readonly startTicks: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly kernelThread: boolean;
  readonly stat: ProcFile;
  readonly io: ProcFile;
  readonly status: ProcFile;
  readonly directory: string;

  readonly firstSeen: number;

  /** The scan that saw it last. */
  seenIn: number;
  /** Milliseconds since the epoch: when `stat` was read. */
  readAt: number;
  state: number;
  parentPid: number;
  threads: number;
  virtualSize: number;
  minorFaults: number;
  majorFaults: number;
  /** Minor and major. */
  faults: number;
  residentPages: number;
  userTicks: number;
  systemTicks: number;
  /** The name's bytes, to see an exec by. */
  comm: Uint8Array;

  /** The CPU times at the scan before, and when that was; 0 for none. */
  userTicksBefore: number;
  systemTicksBefore: number;
  readBefore: number;
  identity: Identity | undefined;
  /** When the identity was read. */
  identifiedAt: number;
  readonly entityOptions: { readonly startTime: number };

  memory: MemoryReading | undefined;
  /** Not to be read again before this time, because it was denied. Milliseconds since the epoch. */
  smapsNotBefore: number;
  smapsDenied: boolean;
  ioNotBefore: number;
  /** Not to be read again before this scan, because it took long. */
  smapsNotBeforeScan: number;
  /** NaN: not known in this scan. */
  readBytes: number;
  writeBytes: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
  openFiles: number;
  openFilesLimit: number;
}

export function trackedProcess(
  directory: string,
  known: Pick<Process, 'pid' | 'startTicks' | 'createdAt' | 'kernelThread' | 'stat' | 'firstSeen'>,
): Process {
  return {
    ...known,
    entityOptions: { startTime: known.createdAt },
    io: procFile(`${directory}/io`),
    status: procFile(`${directory}/status`),
    directory,
    seenIn: 0,
    readAt: 0,
    state: 0,
    parentPid: 0,
    threads: 0,
    virtualSize: 0,
    minorFaults: 0,
    majorFaults: 0,
    residentPages: 0,
    userTicks: 0,
    systemTicks: 0,
    faults: 0,
    comm: new Uint8Array(),
    userTicksBefore: 0,
    systemTicksBefore: 0,
    readBefore: 0,
    identity: undefined,
    identifiedAt: 0,
    memory: undefined,
    smapsNotBefore: 0,
    smapsDenied: false,
    ioNotBefore: 0,
    smapsNotBeforeScan: 0,
    readBytes: Number.NaN,
    writeBytes: Number.NaN,
    voluntarySwitches: Number.NaN,
    involuntarySwitches: Number.NaN,
    openFiles: Number.NaN,
    openFilesLimit: Number.NaN,
  };
}

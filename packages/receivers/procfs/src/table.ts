import type { KernelUnits } from './auxv.ts';
import type { Failures } from './failures.ts';
import { outcomeOf } from './failures.ts';
import type { Process } from './process.ts';
import { trackedProcess } from './process.ts';
import type { ProcFiles } from './proc-file.ts';
import { procFile } from './proc-file.ts';
import { emptyStat, kernelThreadFlag, parseStat } from './stat.ts';

/** The processes that are there, by pid. One that was given the pid of another that ended is a new one: its start time differs. */
export interface ProcessTable {
  readonly processes: ReadonlyMap<number, Process>;
  /** Reads the process' stat. Undefined if it has gone or cannot be read. */
  refresh(pid: number, scan: number): Process | undefined;
  /** Forgets those that this scan has not seen. */
  evict(scan: number): void;
  /** The pids of those that were forgotten since the last call. */
  takeEnded(): number[];
  clear(): void;
}

export interface TableOptions {
  /** `<root_path>/proc`. */
  readonly proc: string;
  readonly files: ProcFiles;
  readonly units: KernelUnits;
  /** When the machine was booted: milliseconds since the epoch. */
  readonly bootTime: number;
  readonly failures: Failures;
  readonly now: () => number;
}

export function processTable({ proc, files, units, bootTime, failures, now }: TableOptions): ProcessTable {
  const processes = new Map<number, Process>();
  const stat = emptyStat();
  let ended: number[] = [];

  function readStat(file: Process['stat']): boolean {
    const length = files.read(file);
    return parseStat(files.buffer, length, stat);
  }

  function forget(process: Process): void {
    files.close(process.stat);
    files.close(process.io);
    files.close(process.status);
    processes.delete(process.pid);
    ended.push(process.pid);
  }

  /** Of the process that was known by this pid, or of another that has it now. */
  function readOf(pid: number, known: Process | undefined): Process | undefined {
    const file = known?.stat ?? procFile(`${proc}/${pid}/stat`);
    let whole = false;
    try {
      whole = readStat(file);
    } catch (error) {
      const outcome = outcomeOf(error);
      if (known) {
        forget(known);
        // A file that was kept open speaks of the process that ended, not of who has its pid now.
        if (outcome === 'gone') return readOf(pid, undefined);
      }
      if (outcome === 'denied') failures.denied('stat');
      else if (outcome === 'failed') failures.failed('stat', error);
      return undefined;
    }
    if (!whole) {
      files.close(file);
      // An empty stat is that of a process that is ending.
      return undefined;
    }
    if (known?.startTicks === stat.startTicks) return known;
    if (known) {
      forget(known);
      return readOf(pid, undefined);
    }
    const process = trackedProcess(`${proc}/${pid}`, {
      pid,
      startTicks: stat.startTicks,
      createdAt: bootTime + (stat.startTicks * 1000) / units.ticksPerSecond,
      kernelThread: (stat.flags & kernelThreadFlag) !== 0,
      stat: file,
      firstSeen: now(),
    });
    processes.set(pid, process);
    return process;
  }

  return {
    processes,
    refresh(pid, scan) {
      const process = readOf(pid, processes.get(pid));
      if (!process) return undefined;
      process.userTicksBefore = process.userTicks;
      process.systemTicksBefore = process.systemTicks;
      process.readBefore = process.readAt;
      process.seenIn = scan;
      process.readAt = now();
      process.state = stat.state;
      process.parentPid = stat.parentPid;
      process.threads = stat.threads;
      process.virtualSize = stat.virtualSize;
      process.minorFaults = stat.minorFaults;
      process.majorFaults = stat.majorFaults;
      process.faults = stat.minorFaults + stat.majorFaults;
      process.residentPages = stat.residentPages;
      process.userTicks = stat.userTicks;
      process.systemTicks = stat.systemTicks;
      if (!sameComm(process.comm, files.buffer, stat.commStart, stat.commEnd)) {
        process.comm = files.buffer.slice(stat.commStart, stat.commEnd);
        process.identity = undefined;
      }
      return process;
    },
    evict(scan) {
      for (const process of processes.values()) {
        if (process.seenIn === scan) continue;
        forget(process);
      }
    },
    takeEnded() {
      const pids = ended;
      ended = [];
      return pids;
    },
    clear() {
      for (const process of processes.values()) forget(process);
    },
  };
}

function sameComm(comm: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (comm.length !== end - start) return false;
  for (let i = 0; i < comm.length; i++) if (comm[i] !== bytes[start + i]) return false;
  return true;
}

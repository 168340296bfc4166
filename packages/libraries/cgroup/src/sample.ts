/** A whole number: a bigint beyond 2^53. */
export type Count = number | bigint;

/** What to read of a cgroup. Only the files that it takes are opened. What is left out is not wanted. */
export interface Wanted {
  /** `cpu`: usage, user, system. */
  readonly cpu?: boolean | undefined;
  /** `cpu`: periods, throttledPeriods, throttledTime. */
  readonly throttling?: boolean | undefined;
  /** `cpu`: quota. */
  readonly cpuQuota?: boolean | undefined;
  /** `cpu`: shares or weight. */
  readonly cpuWeight?: boolean | undefined;
  /** `cpu`: cpusetCpus. */
  readonly cpuset?: boolean | undefined;
  /** `memory`: usage, workingSet, rss, mappedFile, cache, faults, and of version 2 kernel, of version 1 swap. */
  readonly memory?: boolean | undefined;
  /** `memory`: swap, where `memory` does not give it. */
  readonly swap?: boolean | undefined;
  /** `memory`: kernel, where `memory` does not give it. */
  readonly memoryKernel?: boolean | undefined;
  /** `memory`: limit. */
  readonly memoryLimit?: boolean | undefined;
  /** `memory`: high or softLimit, swapLimit. */
  readonly memoryOtherLimits?: boolean | undefined;
  /** `memory`: peak. */
  readonly memoryPeak?: boolean | undefined;
  /** `memory`: events. */
  readonly memoryEvents?: boolean | undefined;
  /** `memory`: failures. */
  readonly memoryFailures?: boolean | undefined;
  /** `memory`: stat, all of memory.stat. */
  readonly memoryStat?: boolean | undefined;
  readonly io?: boolean | undefined;
  /** `pids`: current. */
  readonly pids?: boolean | undefined;
  /** `pids`: limit. */
  readonly pidsLimit?: boolean | undefined;
  readonly pressure?: boolean | undefined;
}

/** All there is. */
export const everything: Wanted = Object.freeze({
  cpu: true,
  throttling: true,
  cpuQuota: true,
  cpuWeight: true,
  cpuset: true,
  memory: true,
  swap: true,
  memoryKernel: true,
  memoryLimit: true,
  memoryOtherLimits: true,
  memoryPeak: true,
  memoryEvents: true,
  memoryFailures: true,
  memoryStat: true,
  io: true,
  pids: true,
  pidsLimit: true,
  pressure: true,
});

/**
 * One reading of a cgroup, and of all below it. What is not known, because its controller is not enabled, the kernel does
 * not tell or it was not wanted, is undefined. A limit that is not set is undefined too.
 */
export interface CgroupSample {
  /** When the CPU counters were read: milliseconds from some time on, for the time between two samples. */
  readonly readAt: number;
  /** The cgroup was removed and made again since the reading before: all counters began anew. Seen where files stay open. */
  readonly restarted: boolean;
  readonly cpu: CpuSample;
  readonly memory: MemorySample;
  /** By device, in the order of the kernel. Undefined where it is not known; empty where there was no I/O yet. */
  readonly io: readonly DeviceIo[] | undefined;
  readonly pids: PidsSample;
  readonly pressure: PressureSample;
}

/** Times are nanoseconds of CPU time. Version 2 counts them in microseconds, `cpuacct.stat` of version 1 in ticks of 10 ms. */
export interface CpuSample {
  usage: Count | undefined;
  user: Count | undefined;
  system: Count | undefined;
  /** Periods of the quota that have passed while there was something to run. */
  periods: Count | undefined;
  throttledPeriods: Count | undefined;
  /** Nanoseconds, added up over CPUs. */
  throttledTime: Count | undefined;
  /** In CPUs: 1.5 is 150 ms each 100 ms. */
  quota: number | undefined;
  /** Version 1, 1024 by default. */
  shares: number | undefined;
  /** Version 2, 100 by default. */
  weight: number | undefined;
  /** How many CPUs its tasks may run on. */
  cpusetCpus: number | undefined;
}

/** Bytes, of the whole subtree. */
export interface MemorySample {
  /** With page cache. */
  usage: Count | undefined;
  /** The most that `usage` ever was. */
  peak: Count | undefined;
  /** Where the kernel begins to reclaim, and then to kill. */
  limit: Count | undefined;
  /** Version 2: memory.high, above which it is throttled. Version 1: memory.soft_limit_in_bytes. */
  softLimit: Count | undefined;
  /** `usage` without page cache that is inactive, never below 0: what the kernel cannot easily take back. */
  workingSet: Count | undefined;
  /** Version 1: `total_rss`. Version 2: `anon`. Both are anonymous memory, huge pages included. */
  rss: Count | undefined;
  mappedFile: Count | undefined;
  /** Page cache, with tmpfs and shared memory. */
  cache: Count | undefined;
  /** Version 2 (Linux 5.18): `kernel`. Version 1: memory.kmem.usage_in_bytes. */
  kernel: Count | undefined;
  swap: Count | undefined;
  /** Version 1 limits memory and swap together: what that leaves for swap when memory is full. */
  swapLimit: Count | undefined;
  /** Page faults; `majorFaults` are those among them that needed I/O. */
  faults: Count | undefined;
  majorFaults: Count | undefined;
  /** Version 1: how often an allocation met the limit (failcnt). Version 2 has `events.max`. */
  failures: Count | undefined;
  events: MemoryEvents | undefined;
  /** All of memory.stat, under the kernel's names: of version 1 those of the subtree, without their `total_`. */
  stat: ReadonlyMap<string, Count> | undefined;
}

/** Counters. Version 1 has `oomKill` alone. */
export interface MemoryEvents {
  low: Count | undefined;
  high: Count | undefined;
  max: Count | undefined;
  oom: Count | undefined;
  oomKill: Count | undefined;
}

/**
 * Counters of one block device. Adding up devices counts twice where one is made of another: leave out those that are
 * `virtual`, or look at these alone.
 */
export interface DeviceIo {
  /** `major:minor` */
  readonly device: string;
  /** As in /dev; undefined where it cannot be found out. */
  readonly name: string | undefined;
  /** It is made of other block devices (device mapper, md, bcache), of a file (loop) or of memory (zram). */
  readonly virtual: boolean;
  readBytes: Count | undefined;
  writeBytes: Count | undefined;
  readOperations: Count | undefined;
  writeOperations: Count | undefined;
  discardBytes: Count | undefined;
  discardOperations: Count | undefined;
}

export interface PidsSample {
  /** Tasks, which are processes and threads. */
  current: Count | undefined;
  limit: Count | undefined;
}

/** Pressure stall information: https://docs.kernel.org/accounting/psi.html. Undefined where the kernel does not keep it. */
export interface PressureSample {
  cpu: Pressure | undefined;
  memory: Pressure | undefined;
  io: Pressure | undefined;
}

export interface Pressure {
  /** Some tasks waited. */
  readonly some: Stall;
  /** All tasks waited. Undefined for cpu before Linux 5.13. */
  readonly full: Stall | undefined;
}

export interface Stall {
  /** Percent of the last 10 s, 60 s and 300 s. */
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  /** Microseconds. */
  readonly total: Count;
}

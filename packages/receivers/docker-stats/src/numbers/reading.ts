import type { Count, MemoryEvents, PressureSample } from '@millrace/cgroup';

/** What was measured of one container, whatever the source. What the source does not tell is undefined. */
export interface Reading {
  /** Milliseconds on the clock of the source: only for differences to another reading of the same. */
  readonly readAt: number;
  readonly cpu: CpuReading;
  readonly memory: MemoryReading;
  readonly blkio: BlkioReading;
  readonly networks: ReadonlyMap<string, NetworkReading> | undefined;
  readonly pressure: PressureSample | undefined;
  readonly pids: { readonly current: Count | undefined; readonly limit: Count | undefined };
}

/** Nanoseconds. */
export interface CpuReading {
  readonly total: Count | undefined;
  readonly kernel: Count | undefined;
  readonly user: Count | undefined;
  readonly perCpu: readonly (Count | undefined)[];
  /** CPU time of the whole machine. */
  readonly system: Count | undefined;
  /** CPUs of the machine that are on. */
  readonly online: number | undefined;
  readonly periods: Count | undefined;
  readonly throttledPeriods: Count | undefined;
  readonly throttledTime: Count | undefined;
}

/** Bytes. */
export interface MemoryReading {
  readonly usage: Count | undefined;
  /** Of the container, or of the machine where that is less. */
  readonly limit: Count | undefined;
  readonly peak: Count | undefined;
  /** `usage` without page cache that is inactive. */
  readonly workingSet: Count | undefined;
  readonly rss: Count | undefined;
  readonly failures: Count | undefined;
  readonly events: MemoryEvents | undefined;
  /** memory.stat, under the kernel's names. */
  stat(key: string): Count | undefined;
}

/** The files of the blkio controller, under the names that Docker's API gives them. */
export const blkioFiles = [
  'io_service_bytes_recursive',
  'io_serviced_recursive',
  'io_queue_recursive',
  'io_service_time_recursive',
  'io_wait_time_recursive',
  'io_merged_recursive',
  'io_time_recursive',
  'sectors_recursive',
] as const;

export type BlkioReading = { readonly [file in (typeof blkioFiles)[number]]?: readonly BlkioEntry[] };

export interface BlkioEntry {
  readonly major: string;
  readonly minor: string;
  /** As in /dev, where it is known. */
  readonly name: string | undefined;
  /** It is made of other devices. The API does not tell. */
  readonly virtual: boolean;
  /** read, write, discard, sync, async or total; empty where the file does not tell them apart. */
  readonly operation: string;
  readonly value: Count;
}

export interface NetworkReading {
  readonly rxBytes: Count | undefined;
  readonly rxPackets: Count | undefined;
  readonly rxErrors: Count | undefined;
  readonly rxDropped: Count | undefined;
  readonly txBytes: Count | undefined;
  readonly txPackets: Count | undefined;
  readonly txErrors: Count | undefined;
  readonly txDropped: Count | undefined;
}

/** `a - b` where it is above 0, else undefined. */
export function above(a: Count | undefined, b: Count | undefined): Count | undefined {
  if (a === undefined || b === undefined || a < b) return undefined;
  return typeof a === 'number' && typeof b === 'number' ? a - b : count(BigInt(a) - BigInt(b));
}

/** A number as long as it is exact. */
export const count = (value: bigint): Count =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;

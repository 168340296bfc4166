import type { CgroupSample, Count, DeviceIo } from '@millrace/cgroup';
import type { Machine } from './machine.ts';
import type { BlkioEntry, NetworkReading, Reading } from './reading.ts';

interface Around {
  /** Of the memory controller. */
  readonly version: 1 | 2;
  readonly machine: Machine;
  readonly networks: ReadonlyMap<string, NetworkReading> | undefined;
}

/** What a cgroup tells, as the API would tell it; that has no discards of version 2. */
export function readingOf(sample: CgroupSample, { version, machine, networks }: Around): Reading {
  const { cpu, memory, io, pids, pressure } = sample;
  const stat = memory.stat;
  return {
    readAt: sample.readAt,
    cpu: {
      total: cpu.usage,
      kernel: cpu.system,
      user: cpu.user,
      perCpu: [],
      system: machine.cpuTime,
      online: machine.cpus,
      periods: cpu.periods,
      throttledPeriods: cpu.throttledPeriods,
      throttledTime: cpu.throttledTime,
    },
    memory: {
      usage: memory.usage,
      limit: least(memory.limit, machine.memory),
      peak: memory.peak,
      workingSet: memory.workingSet,
      rss: memory.rss,
      failures: memory.failures ?? memory.events?.max,
      events: memory.events,
      // Of version 1 the sample has the numbers with descendants, under the names without `total_`.
      stat: version === 1 ? (key) => stat?.get(key.replace(/^total_/, '')) : (key) => stat?.get(key),
    },
    blkio: {
      io_service_bytes_recursive: entries(io, (device) => [
        ['read', device.readBytes],
        ['write', device.writeBytes],
        ...(version === 1 ? [['discard', device.discardBytes] as const] : []),
      ]),
      io_serviced_recursive: entries(io, (device) => [
        ['read', device.readOperations],
        ['write', device.writeOperations],
        ...(version === 1 ? [['discard', device.discardOperations] as const] : []),
      ]),
    },
    networks,
    pressure,
    pids,
  };
}

type Operations = readonly (readonly [operation: string, value: Count | undefined])[];

function entries(io: readonly DeviceIo[] | undefined, of: (device: DeviceIo) => Operations): BlkioEntry[] {
  const all: BlkioEntry[] = [];
  for (const device of io ?? []) {
    const [major = '', minor = ''] = device.device.split(':');
    for (const [operation, value] of of(device))
      if (value !== undefined) all.push({ major, minor, name: device.name, virtual: device.virtual, operation, value });
  }
  return all;
}

const least = (a: Count | undefined, b: Count | undefined): Count | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

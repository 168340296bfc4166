import {
  type CgroupSample,
  type Count,
  type DeviceIo,
  type Pressure,
  difference,
  nanosToSeconds,
} from '@millrace/cgroup';
import type { Entity } from '@millrace/core';
import { directions, faultType, memoryEvent, mode, noDevice, stalls, statName } from './attributes.ts';
import type { metrics } from './metrics.ts';

export type Container = Entity<typeof metrics>;

export interface RecordOptions {
  readonly virtualDevices: boolean;
  /** Where no I/O was counted yet, say 0 of no device. */
  readonly zeros: boolean;
}

/** Records one sample, all but the CPU usage, which needs two. What is not known is absent. */
export function record(entity: Container, sample: CgroupSample, options: RecordOptions): void {
  recordCpu(entity, sample);
  recordMemory(entity, sample);
  recordDisks(entity, sample.io, options);
  entity.record('container.pids.count', sample.pids.current);
  entity.record('container.pids.limit', sample.pids.limit);
  const { cpu, memory, io } = sample.pressure;
  if (cpu) recordPressure(entity, 'cpu', cpu);
  if (memory) recordPressure(entity, 'memory', memory);
  if (io) recordPressure(entity, 'io', io);
}

function recordCpu(entity: Container, { cpu }: CgroupSample): void {
  entity.record('container.cpu.time', seconds(cpu.user), mode.user);
  entity.record('container.cpu.time', seconds(cpu.system), mode.system);
  entity.record('container.cpu.limit', cpu.quota);
  entity.record('container.cpu.throttling.periods', cpu.periods);
  entity.record('container.cpu.throttling.throttled_periods', cpu.throttledPeriods);
  entity.record('container.cpu.throttling.time', seconds(cpu.throttledTime));
  entity.record('container.cpu.shares', cpu.shares);
  entity.record('container.cpu.weight', cpu.weight);
  entity.record('container.cpu.cpuset', cpu.cpusetCpus);
}

function recordMemory(entity: Container, { memory }: CgroupSample): void {
  entity.record('container.memory.usage', memory.usage);
  entity.record('container.memory.working_set', memory.workingSet);
  entity.record('container.memory.rss', memory.rss);
  entity.record('container.memory.cache', memory.cache);
  entity.record('container.memory.mapped_file', memory.mappedFile);
  entity.record('container.memory.swap', memory.swap);
  entity.record('container.memory.limit', memory.limit);
  entity.record('container.memory.available', difference(memory.limit, memory.workingSet));
  entity.record('container.memory.kernel', memory.kernel);
  entity.record('container.memory.peak', memory.peak);
  entity.record('container.memory.soft_limit', memory.softLimit);
  entity.record('container.memory.swap.limit', memory.swapLimit);
  entity.record('container.memory.failures', memory.failures);
  entity.record('container.paging.faults', memory.majorFaults, faultType.major);
  entity.record('container.paging.faults', difference(memory.faults, memory.majorFaults), faultType.minor);
  if (memory.events) {
    const { low, high, max, oom, oomKill } = memory.events;
    entity.record('container.memory.events', low, memoryEvent.low);
    entity.record('container.memory.events', high, memoryEvent.high);
    entity.record('container.memory.events', max, memoryEvent.max);
    entity.record('container.memory.events', oom, memoryEvent.oom);
    entity.record('container.memory.events', oomKill, memoryEvent.oomKill);
  }
  if (memory.stat)
    for (const [name, value] of memory.stat) entity.record('container.memory.stat', value, statName(name));
}

function recordDisks(
  entity: Container,
  devices: readonly DeviceIo[] | undefined,
  { virtualDevices, zeros }: RecordOptions,
): void {
  if (!devices) return;
  let recorded = 0;
  for (const io of devices) {
    if (io.virtual && !virtualDevices) continue;
    recorded++;
    const device = directions(io.name ?? io.device);
    entity.record('container.disk.io', io.readBytes, device.read);
    entity.record('container.disk.io', io.writeBytes, device.write);
    entity.record('container.disk.operations', io.readOperations, device.read);
    entity.record('container.disk.operations', io.writeOperations, device.write);
    entity.record('container.disk.discard', io.discardBytes, device.device);
  }
  if (recorded === 0 && zeros) recordNoDisk(entity);
}

function recordNoDisk(entity: Container): void {
  for (const attributes of [noDevice.read, noDevice.write]) {
    entity.record('container.disk.io', 0, attributes);
    entity.record('container.disk.operations', 0, attributes);
  }
}

function recordPressure(entity: Container, resource: 'cpu' | 'memory' | 'io', pressure: Pressure): void {
  for (const stall of ['some', 'full'] as const) {
    const value = pressure[stall];
    if (!value) continue;
    const attributes = stalls[resource][stall];
    entity.record('container.pressure.time', Number(value.total) / 1e6, attributes.all);
    entity.record('container.pressure.share', value.avg10 / 100, attributes.avg10);
    entity.record('container.pressure.share', value.avg60 / 100, attributes.avg60);
    entity.record('container.pressure.share', value.avg300 / 100, attributes.avg300);
  }
}

const plainNumbers = [
  'container.cpu.usage',
  'container.cpu.limit',
  'container.cpu.throttling.periods',
  'container.cpu.throttling.throttled_periods',
  'container.cpu.throttling.time',
  'container.memory.usage',
  'container.memory.working_set',
  'container.memory.rss',
  'container.memory.cache',
  'container.memory.mapped_file',
  'container.memory.swap',
  'container.memory.limit',
  'container.memory.available',
  'container.pids.count',
  'container.pids.limit',
] as const;

/** The numbers of a cgroup that is not there, for who wants 0 instead of gaps. */
export function recordZeros(entity: Container): void {
  for (const name of plainNumbers) entity.record(name, 0);
  entity.record('container.uptime', 0);
  entity.record('container.cpu.time', 0, mode.user);
  entity.record('container.cpu.time', 0, mode.system);
  entity.record('container.paging.faults', 0, faultType.major);
  entity.record('container.paging.faults', 0, faultType.minor);
  entity.record('container.memory.events', 0, memoryEvent.oomKill);
  recordNoDisk(entity);
}

const seconds = (nanos: Count | undefined): number | undefined =>
  nanos === undefined ? undefined : nanosToSeconds(nanos);

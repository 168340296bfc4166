import type { Attributes, Scrape } from '@millrace/core';
import type { KernelUnits } from './auxv.ts';
import type { metrics } from './metrics.ts';
import type { Process } from './process.ts';
import { stateName } from './stat.ts';

// Points share these, so that what consumers derive from them is derived once.
const user: Attributes = Object.freeze({ 'cpu.mode': 'user' });
const system: Attributes = Object.freeze({ 'cpu.mode': 'system' });
const read: Attributes = Object.freeze({ 'disk.io.direction': 'read' });
const write: Attributes = Object.freeze({ 'disk.io.direction': 'write' });
const major: Attributes = Object.freeze({ 'system.paging.fault.type': 'major' });
const minor: Attributes = Object.freeze({ 'system.paging.fault.type': 'minor' });
const voluntary: Attributes = Object.freeze({ 'process.context_switch.type': 'voluntary' });
const involuntary: Attributes = Object.freeze({ 'process.context_switch.type': 'involuntary' });
const states = new Map<string, Attributes>();

/** The least time between two scans from which a utilization is computed. CPU times count in ticks of 10 ms. */
const shortestSpan = 100;

export interface RecordOptions {
  readonly units: KernelUnits;
  /** Milliseconds: the oldest memory reading that is reported. */
  readonly maxAgeMs: number;
  /** Seconds since boot at this scan; NaN where the kernel does not tell. */
  readonly uptime: number;
}

/** Records one process. What is not known is absent. */
export function record(
  run: Scrape<typeof metrics>,
  process: Process,
  { units: { pageSize, ticksPerSecond }, maxAgeMs, uptime }: RecordOptions,
): void {
  const entity = run.entity(process.identity!.attributes!, process.entityOptions);
  const { memory, residentPages, userTicks, systemTicks, readBefore } = process;

  // RSS, PSS and USS of one reading agree with each other, so RSS is the reading's while stat says that it has not moved.
  entity.record(
    'process.memory.usage',
    memory?.residentPages === residentPages ? memory.rss : residentPages * pageSize,
  );
  entity.record('process.memory.virtual', process.virtualSize);
  if (memory && run.time - memory.time <= maxAgeMs) {
    entity.record('process.memory.pss', memory.pss);
    entity.record('process.memory.uss', memory.uss);
    entity.record('process.memory.swap', memory.swap);
    entity.record('process.memory.smaps.age', Math.max(0, run.time - memory.time) / 1000);
  }

  entity.record('process.cpu.time', userTicks / ticksPerSecond, user);
  entity.record('process.cpu.time', systemTicks / ticksPerSecond, system);
  const span = process.readAt - readBefore;
  if (readBefore > 0 && span >= shortestSpan) {
    const perTick = 1000 / ticksPerSecond / span;
    entity.record('process.cpu.utilization', Math.max(0, userTicks - process.userTicksBefore) * perTick, user);
    entity.record('process.cpu.utilization', Math.max(0, systemTicks - process.systemTicksBefore) * perTick, system);
  }

  entity.record('process.disk.io', known(process.readBytes), read);
  entity.record('process.disk.io', known(process.writeBytes), write);
  entity.record('process.thread.count', process.threads);
  const age = uptime - process.startTicks / ticksPerSecond;
  entity.record('process.uptime', age >= 0 ? age : undefined);

  entity.record('process.paging.faults', process.majorFaults, major);
  entity.record('process.paging.faults', process.minorFaults, minor);
  entity.record('process.context_switches', known(process.voluntarySwitches), voluntary);
  entity.record('process.context_switches', known(process.involuntarySwitches), involuntary);
  entity.record('process.unix.file_descriptor.count', known(process.openFiles));
  if (process.openFilesLimit > 0)
    entity.record('process.unix.file_descriptor.utilization', known(process.openFiles / process.openFilesLimit));
  entity.record('process.state', 1, stateAttributes(process.state));
}

const known = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

function stateAttributes(letter: number): Attributes {
  const name = stateName(letter) ?? `unknown_${String.fromCharCode(letter)}`;
  let attributes = states.get(name);
  if (!attributes) states.set(name, (attributes = Object.freeze({ 'process.state': name })));
  return attributes;
}

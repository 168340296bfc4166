import { type Count, nanosToSeconds } from '@millrace/cgroup';
import type { Attributes, Entity } from '@millrace/core';
import type { Container } from '../containers/container.ts';
import type { metrics } from '../metrics.ts';
import { above } from '../numbers/reading.ts';
import { shared } from './attributes.ts';
import type { Numbers } from './collector.ts';

const user: Attributes = Object.freeze({ 'cpu.mode': 'user' });
const system: Attributes = Object.freeze({ 'cpu.mode': 'system' });
const minor: Attributes = Object.freeze({ 'system.paging.fault.type': 'minor' });
const major: Attributes = Object.freeze({ 'system.paging.fault.type': 'major' });
const disk = shared((device: string, direction: string) => ({
  'disk.io.direction': direction,
  'system.device': device,
}));
const network = shared((name: string, direction: string) => ({
  'network.io.direction': direction,
  'network.interface.name': name,
}));

/** Records a container under the names of the semantic conventions. */
export function recordConventional(
  entity: Entity<typeof metrics>,
  container: Container,
  { reading, cpus }: Numbers,
): void {
  const { cpu, memory, networks, blkio } = reading;
  entity.record('container.cpu.time', seconds(cpu.user), user);
  entity.record('container.cpu.time', seconds(cpu.kernel), system);
  entity.record('container.cpu.usage', cpus);

  entity.record('container.memory.usage', memory.usage);
  entity.record('container.memory.working_set', memory.workingSet);
  entity.record('container.memory.limit', container.memoryLimit);
  entity.record('container.memory.available', above(container.memoryLimit, memory.workingSet));
  const majorFaults = memory.stat('total_pgmajfault') ?? memory.stat('pgmajfault');
  const faults = memory.stat('total_pgfault') ?? memory.stat('pgfault');
  entity.record('container.paging.faults', majorFaults, major);
  entity.record('container.paging.faults', above(faults, majorFaults), minor);

  for (const entry of blkio.io_service_bytes_recursive ?? []) {
    const { operation, value } = entry;
    // What is made of other devices would count their bytes again.
    if (entry.virtual) continue;
    if (operation === 'read' || operation === 'write')
      entity.record('container.disk.io', value, disk(entry.name ?? `${entry.major}:${entry.minor}`, operation));
  }
  if (networks)
    for (const [name, { rxBytes, txBytes }] of networks) {
      entity.record('container.network.io', rxBytes, network(name, 'receive'));
      entity.record('container.network.io', txBytes, network(name, 'transmit'));
    }
}

const seconds = (nanos: Count | undefined): number | undefined =>
  nanos === undefined ? undefined : nanosToSeconds(nanos);

import type { MemoryEvents, PressureSample } from '@millrace/cgroup';
import type { Entity } from '@millrace/core';
import type { Config } from '../config.ts';
import type { metrics } from '../metrics.ts';
import type { Reading } from '../numbers/reading.ts';
import { shared } from './attributes.ts';

const events = { low: 'low', high: 'high', max: 'max', oom: 'oom', oomKill: 'oom_kill' } as const;
const event = shared((name) => ({ 'container.memory.event': name }));
const stall = shared((resource: string, kind: string) => ({
  'container.pressure.resource': resource,
  'container.pressure.stall': kind,
}));

/** Records what neither naming has, under the names of the cgroup receiver, and what both have. */
export function recordOwn(
  entity: Entity<typeof metrics>,
  { memory, pressure }: Reading,
  naming: Config['naming'],
): void {
  entity.record('container.memory.rss', naming === 'docker_stats' ? memory.stat('rss') : memory.rss);
  if (memory.events)
    for (const key of Object.keys(events) as (keyof MemoryEvents)[])
      entity.record('container.memory.events', memory.events[key], event(events[key]));
  for (const resource of ['cpu', 'memory', 'io'] as const satisfies readonly (keyof PressureSample)[])
    for (const kind of ['some', 'full'] as const) {
      const total = pressure?.[resource]?.[kind]?.total;
      if (total !== undefined) entity.record('container.pressure.time', Number(total) / 1e6, stall(resource, kind));
    }
}

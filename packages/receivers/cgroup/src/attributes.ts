import type { Attributes } from '@millrace/core';

// Points share these, so that what consumers derive from them is derived once.

const shared = <T extends Attributes>(attributes: T): Attributes => Object.freeze(attributes);

export const mode = { user: shared({ 'cpu.mode': 'user' }), system: shared({ 'cpu.mode': 'system' }) };

export const faultType = {
  major: shared({ 'system.paging.fault.type': 'major' }),
  minor: shared({ 'system.paging.fault.type': 'minor' }),
};

const event = (name: string): Attributes => shared({ 'container.memory.event': name });
export const memoryEvent = {
  low: event('low'),
  high: event('high'),
  max: event('max'),
  oom: event('oom'),
  oomKill: event('oom_kill'),
};

interface Directions {
  readonly read: Attributes;
  readonly write: Attributes;
  readonly device: Attributes;
}

export const noDevice = {
  read: shared({ 'disk.io.direction': 'read' }),
  write: shared({ 'disk.io.direction': 'write' }),
};

/** The attributes of a block device. */
export const directions = cached(
  (device): Directions => ({
    read: shared({ ...noDevice.read, 'system.device': device }),
    write: shared({ ...noDevice.write, 'system.device': device }),
    device: shared({ 'system.device': device }),
  }),
);

/** The attributes of a line of memory.stat. */
export const statName = cached((name) => shared({ 'container.memory.stat': name }));

export const mountpoint = cached((path) => shared({ 'system.filesystem.mountpoint': path }));

/** Both kinds of stall of each resource. */
export const stalls = { cpu: stallsOf('cpu'), memory: stallsOf('memory'), io: stallsOf('io') };

function stallsOf(resource: string) {
  const of = (stall: string) => {
    const all = { 'container.pressure.resource': resource, 'container.pressure.stall': stall };
    const over = (window: string): Attributes => shared({ ...all, 'container.pressure.window': window });
    return { all: shared(all), avg10: over('10s'), avg60: over('60s'), avg300: over('300s') };
  };
  return { some: of('some'), full: of('full') };
}

/** Devices have few names at a time; where they change for years, those of old ones are forgotten. */
const most = 10_000;

function cached<T>(make: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    let found = known.get(name);
    if (found === undefined) {
      if (known.size >= most) known.clear();
      known.set(name, (found = make(name)));
    }
    return found;
  };
}

import type { Metrics } from '@millrace/core';

const cpuMode = { 'cpu.mode': '`user` or `system`.' } as const;

export const metrics = {
  'process.memory.usage': {
    kind: 'up_down_counter',
    unit: 'By',
    valueType: 'int',
    description: 'Resident set size (RSS): memory of the process that is in RAM, shared pages counted in full.',
  },
  'process.memory.virtual': {
    kind: 'up_down_counter',
    unit: 'By',
    valueType: 'int',
    description: 'Size of the address space.',
  },
  'process.memory.pss': {
    kind: 'up_down_counter',
    unit: 'By',
    valueType: 'int',
    description: 'Proportional set size: as RSS, each shared page divided by the number of processes that map it.',
  },
  'process.memory.uss': {
    kind: 'up_down_counter',
    unit: 'By',
    valueType: 'int',
    description:
      'Unique set size: memory that no other process maps, which its end would free. Without huge pages of hugetlbfs.',
  },
  'process.memory.swap': {
    kind: 'up_down_counter',
    unit: 'By',
    valueType: 'int',
    description: 'Anonymous memory of the process that is in swap.',
  },
  'process.memory.smaps.age': {
    kind: 'gauge',
    unit: 's',
    valueType: 'double',
    description: 'How old the reading is that PSS, USS and swap come from.',
    enabled: false,
  },
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'CPU time that the process has used.',
    attributes: cpuMode,
  },
  'process.cpu.utilization': {
    kind: 'gauge',
    unit: '1',
    valueType: 'double',
    description:
      'CPU time used since the scan before, by the time that has passed: 1 is one core. Absent at the first sight of a process.',
    attributes: cpuMode,
  },
  'process.disk.io': {
    kind: 'counter',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes that the process caused to be read from, and written to, storage.',
    attributes: { 'disk.io.direction': '`read` or `write`.' },
  },
  'process.thread.count': {
    kind: 'up_down_counter',
    unit: '{thread}',
    valueType: 'int',
    description: 'Threads of the process.',
  },
  'process.uptime': {
    kind: 'gauge',
    unit: 's',
    valueType: 'double',
    description: 'Time since the process started.',
  },
  'process.paging.faults': {
    kind: 'counter',
    unit: '{fault}',
    valueType: 'int',
    description: 'Page faults of the process.',
    attributes: { 'system.paging.fault.type': '`major`, which needed I/O, or `minor`.' },
    enabled: false,
  },
  'process.context_switches': {
    kind: 'counter',
    unit: '{context_switch}',
    valueType: 'int',
    description: 'Context switches of the main thread.',
    attributes: { 'process.context_switch.type': '`voluntary` or `involuntary`.' },
    enabled: false,
  },
  'process.unix.file_descriptor.count': {
    kind: 'up_down_counter',
    unit: '{file_descriptor}',
    valueType: 'int',
    description: 'File descriptors that the process has open.',
    enabled: false,
  },
  'process.unix.file_descriptor.utilization': {
    kind: 'gauge',
    unit: '1',
    valueType: 'double',
    description: 'Open file descriptors by the soft limit of the process. Absent where there is no limit.',
    enabled: false,
  },
  'process.state': {
    kind: 'gauge',
    unit: '1',
    valueType: 'int',
    description: 'Always 1; the attribute tells the state, and only the current one has a point.',
    attributes: {
      'process.state':
        '`running`, `sleeping`, `disk_sleep`, `stopped`, `tracing_stop`, `zombie`, `dead`, `idle`, `parked`, `wakekill` or `waking`.',
    },
    enabled: false,
  },
} as const satisfies Metrics;

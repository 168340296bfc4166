import { nanoseconds, type Preset } from './preset.ts';

/** The process and its machine. */
export const runtime = {
  'cockroachdb.process.cpu.time': {
    kind: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'CPU time of the process.',
    attributes: { 'cpu.mode': '`user` or `system`.' },
    series: { sys_cpu_user_ns: { 'cpu.mode': 'user' }, sys_cpu_sys_ns: { 'cpu.mode': 'system' } },
    scale: nanoseconds,
  },
  'cockroachdb.process.memory': {
    kind: 'up_down_counter',
    unit: 'By',
    valueType: 'int',
    description: 'Memory that the parts of the process have allocated.',
    attributes: { allocator: '`go` or `cgo`.' },
    series: { sys_go_allocbytes: { allocator: 'go' }, sys_cgo_allocbytes: { allocator: 'cgo' } },
  },
  'cockroachdb.process.gc.pause.time': {
    kind: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'Time that the garbage collector has stopped everything.',
    series: { sys_gc_pause_ns: {} },
    scale: nanoseconds,
  },
  'cockroachdb.process.goroutines': {
    kind: 'up_down_counter',
    unit: '{goroutine}',
    valueType: 'int',
    description: 'Goroutines.',
    series: { sys_goroutines: {} },
  },
  'cockroachdb.process.file_descriptors': {
    kind: 'up_down_counter',
    unit: '{file_descriptor}',
    valueType: 'int',
    description: 'Open file descriptors.',
    series: { sys_fd_open: {} },
  },
  'cockroachdb.host.disk.io': {
    kind: 'counter',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes that all disks of the machine have read and written since the process was started.',
    attributes: { 'disk.io.direction': '`read` or `write`.' },
    series: {
      sys_host_disk_read_bytes: { 'disk.io.direction': 'read' },
      sys_host_disk_write_bytes: { 'disk.io.direction': 'write' },
    },
  },
  'cockroachdb.host.network.io': {
    kind: 'counter',
    unit: 'By',
    valueType: 'int',
    description: 'Bytes that all interfaces of the machine have received and sent since the process was started.',
    attributes: { 'network.io.direction': '`receive` or `transmit`.' },
    series: {
      sys_host_net_recv_bytes: { 'network.io.direction': 'receive' },
      sys_host_net_send_bytes: { 'network.io.direction': 'transmit' },
    },
  },
} as const satisfies Preset;

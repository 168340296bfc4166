import type { MetricDeclaration, Metrics } from '@millrace/core';

const on = true;
const off = false;

type Shape = Pick<MetricDeclaration, 'kind' | 'unit' | 'valueType'>;
const declared =
  (shape: Shape, attributes?: Readonly<Record<string, string>>) =>
  (description: string, enabled: boolean): MetricDeclaration => ({
    ...shape,
    description,
    ...(attributes && { attributes }),
    enabled,
  });

const device = { device_major: 'Major number of the device.', device_minor: 'Minor number of the device.' };
const blkio = {
  ...device,
  operation:
    '`read`, `write`, `discard`, and from the API on cgroup v1 `sync`, `async` and `total`, which count the others again.',
};
const iface = { interface: 'Name of the interface inside of the container.' };

const nanos = declared({ kind: 'counter', unit: 'ns', valueType: 'int' });
const bytes = declared({ kind: 'up_down_counter', unit: 'By', valueType: 'int' });
const periods = declared({ kind: 'counter', unit: '{periods}', valueType: 'int' });
const faults = declared({ kind: 'counter', unit: '{faults}', valueType: 'int' });
const operations = declared({ kind: 'counter', unit: '{operations}', valueType: 'int' });
const ioBytes = declared({ kind: 'counter', unit: 'By', valueType: 'int' }, blkio);
const ioOperations = declared({ kind: 'counter', unit: '{operations}', valueType: 'int' }, blkio);
const ioNanos = declared({ kind: 'counter', unit: 'ns', valueType: 'int' }, blkio);
const netBytes = declared({ kind: 'counter', unit: 'By', valueType: 'int' }, iface);
const netPackets = declared({ kind: 'counter', unit: '{packets}', valueType: 'int' }, iface);
const netErrors = declared({ kind: 'counter', unit: '{errors}', valueType: 'int' }, iface);
const tasks = declared({ kind: 'up_down_counter', unit: '{pids}', valueType: 'int' });

/** Names, units, kinds and defaults are those of the OpenTelemetry Collector's docker_stats. */
const collectors = {
  'container.cpu.usage.total': nanos('CPU time that the container has used.', on),
  'container.cpu.usage.kernelmode': nanos('CPU time that the container has used in the kernel.', on),
  'container.cpu.usage.usermode': nanos('CPU time that the container has used in user mode.', on),
  'container.cpu.usage.system': nanos('CPU time of the whole machine, idle time too; not from Podman’s API.', off),
  'container.cpu.usage.percpu': declared(
    { kind: 'counter', unit: 'ns', valueType: 'int' },
    { core: '`cpu0`, `cpu1`, …' },
  )('CPU time that the container has used on each CPU. From the API, on cgroup v1.', off),
  'container.cpu.utilization': declared({ kind: 'gauge', unit: '1', valueType: 'double' })(
    'CPU time used since the scrape before, in percent of one CPU: 150 is one and a half. Absent at the first sight of a container.',
    on,
  ),
  'container.cpu.limit': declared({ kind: 'gauge', unit: '{cpus}', valueType: 'double' })(
    'CPUs that the container may use, from --cpus, --cpuset-cpus or --cpu-quota. Absent where none is set.',
    off,
  ),
  'container.cpu.shares': declared({ kind: 'gauge', unit: '1', valueType: 'int' })(
    'CPU shares that were set for the container. Absent where none were, which means 1024.',
    off,
  ),
  'container.cpu.logical.count': declared({ kind: 'gauge', unit: '{cpus}', valueType: 'int' })(
    'CPUs of the machine that are online.',
    off,
  ),
  'container.cpu.throttling_data.periods': periods(
    'Periods of the CPU quota in which the container wanted to run.',
    off,
  ),
  'container.cpu.throttling_data.throttled_periods': periods('Periods in which the quota was used up.', off),
  'container.cpu.throttling_data.throttled_time': nanos('Time that the container was held back by its quota.', off),

  'container.memory.usage.total': bytes(
    'Memory of the container without page cache that is inactive: its working set.',
    on,
  ),
  'container.memory.usage.limit': bytes(
    'Limit of the memory; the memory of the machine where there is none, or a higher one.',
    on,
  ),
  'container.memory.usage.max': bytes('The most memory that was used at once, with page cache.', off),
  'container.memory.percent': declared({ kind: 'gauge', unit: '1', valueType: 'double' })(
    'The `container.memory.usage.total` in percent of `container.memory.usage.limit`.',
    on,
  ),
  'container.memory.fails': declared({ kind: 'counter', unit: '{fails}', valueType: 'int' })(
    'How often the limit was met; on cgroup v2 not from the API.',
    off,
  ),
  'container.memory.file': bytes('Page cache, tmpfs and shared memory (cgroup v2).', on),
  'container.memory.total_cache': bytes('Page cache, tmpfs and shared memory, with descendants (cgroup v1).', on),
  'container.memory.anon': bytes('Anonymous memory (cgroup v2).', off),
  'container.memory.cache': bytes('Page cache, tmpfs and shared memory (cgroup v1).', off),
  'container.memory.rss': bytes(
    'Anonymous memory; on cgroup v2 under the names of the semantic conventions only.',
    off,
  ),
  'container.memory.rss_huge': bytes('Anonymous memory in huge pages (cgroup v1).', off),
  'container.memory.mapped_file': bytes('Files that are mapped (cgroup v1).', off),
  'container.memory.dirty': bytes('Page cache that waits to be written (cgroup v1).', off),
  'container.memory.writeback': bytes('Page cache that is being written (cgroup v1).', off),
  'container.memory.active_anon': bytes('Anonymous memory on the active list.', off),
  'container.memory.inactive_anon': bytes('Anonymous memory on the inactive list.', off),
  'container.memory.active_file': bytes('Page cache on the active list.', off),
  'container.memory.inactive_file': bytes('Page cache on the inactive list.', off),
  'container.memory.unevictable': bytes('Memory that cannot be reclaimed.', off),
  'container.memory.hierarchical_memory_limit': bytes(
    'Limit of the memory, with those of the cgroups above; near 2^63 where there is none (cgroup v1).',
    off,
  ),
  'container.memory.hierarchical_memsw_limit': bytes('The same for memory and swap together (cgroup v1).', off),
  'container.memory.pgfault': faults('Page faults.', off),
  'container.memory.pgmajfault': faults('Page faults that needed I/O.', off),
  'container.memory.pgpgin': operations('Pages that were charged to the container (cgroup v1).', off),
  'container.memory.pgpgout': operations('Pages that were uncharged (cgroup v1).', off),
  'container.memory.total_rss': bytes('Anonymous memory, with descendants (cgroup v1).', off),
  'container.memory.total_rss_huge': bytes('Anonymous memory in huge pages, with descendants (cgroup v1).', off),
  'container.memory.total_mapped_file': bytes('Files that are mapped, with descendants (cgroup v1).', off),
  'container.memory.total_dirty': bytes('Page cache that waits to be written, with descendants (cgroup v1).', off),
  'container.memory.total_writeback': bytes('Page cache that is being written, with descendants (cgroup v1).', off),
  'container.memory.total_active_anon': bytes(
    'Anonymous memory on the active list, with descendants (cgroup v1).',
    off,
  ),
  'container.memory.total_inactive_anon': bytes(
    'Anonymous memory on the inactive list, with descendants (cgroup v1).',
    off,
  ),
  'container.memory.total_active_file': bytes('Page cache on the active list, with descendants (cgroup v1).', off),
  'container.memory.total_inactive_file': bytes('Page cache on the inactive list, with descendants (cgroup v1).', off),
  'container.memory.total_unevictable': bytes('Memory that cannot be reclaimed, with descendants (cgroup v1).', off),
  'container.memory.total_pgfault': faults('Page faults, with descendants (cgroup v1).', off),
  'container.memory.total_pgmajfault': faults('Page faults that needed I/O, with descendants (cgroup v1).', off),
  'container.memory.total_pgpgin': operations('Pages that were charged, with descendants (cgroup v1).', off),
  'container.memory.total_pgpgout': operations('Pages that were uncharged, with descendants (cgroup v1).', off),

  'container.blockio.io_service_bytes_recursive': ioBytes('Bytes read from, and written to, devices.', on),
  'container.blockio.io_serviced_recursive': ioOperations(
    'I/O operations on devices; on cgroup v2 not from the API.',
    off,
  ),
  'container.blockio.io_queued_recursive': ioOperations(
    'I/O operations that were queued. From the API, on cgroup v1.',
    off,
  ),
  'container.blockio.io_merged_recursive': ioOperations(
    'I/O operations that were merged. From the API, on cgroup v1.',
    off,
  ),
  'container.blockio.io_service_time_recursive': ioNanos(
    'Time from sending I/O to a device to its end. From the API, on cgroup v1.',
    off,
  ),
  'container.blockio.io_wait_time_recursive': ioNanos(
    'Time that I/O waited in queues. From the API, on cgroup v1.',
    off,
  ),
  'container.blockio.io_time_recursive': declared({ kind: 'counter', unit: 'ms', valueType: 'int' }, blkio)(
    'Time that devices were given to the container. From the API, on cgroup v1.',
    off,
  ),
  'container.blockio.sectors_recursive': declared({ kind: 'counter', unit: '{sectors}', valueType: 'int' }, blkio)(
    'Sectors read and written. From the API, on cgroup v1.',
    off,
  ),

  'container.network.io.usage.rx_bytes': netBytes('Bytes received.', on),
  'container.network.io.usage.tx_bytes': netBytes('Bytes sent.', on),
  'container.network.io.usage.rx_dropped': netPackets('Received packets that were dropped.', on),
  'container.network.io.usage.tx_dropped': netPackets('Packets to send that were dropped.', on),
  'container.network.io.usage.rx_packets': netPackets('Packets received.', off),
  'container.network.io.usage.tx_packets': netPackets('Packets sent.', off),
  'container.network.io.usage.rx_errors': netErrors('Errors in receiving.', off),
  'container.network.io.usage.tx_errors': netErrors('Errors in sending.', off),

  'container.pids.count': tasks('Processes and threads of the container.', off),
  'container.pids.limit': tasks('How many it may have. Absent where there is no limit.', off),

  'container.restarts': declared({ kind: 'counter', unit: '{restarts}', valueType: 'int' })(
    'How often the restart policy has started the container again.',
    off,
  ),
  'container.status': declared(
    { kind: 'gauge', unit: '{status}', valueType: 'int' },
    { status: '`created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.' },
  )('Always 1; the attribute tells the state, and only the current one has a point.', off),
  'container.uptime': declared({ kind: 'gauge', unit: 's', valueType: 'double' })(
    'Time since the container was started. Absent where it does not run.',
    off,
  ),
} satisfies Metrics;

const direction = '`read` or `write`.';

/** https://opentelemetry.io/docs/specs/semconv/system/container-metrics/ */
const conventional = {
  'container.cpu.time': declared(
    { kind: 'counter', unit: 's', valueType: 'double' },
    { 'cpu.mode': '`user` or `system`.' },
  )('CPU time that the container has used.', on),
  'container.cpu.usage': declared({ kind: 'gauge', unit: '{cpu}', valueType: 'double' })(
    'CPU time used since the scrape before, in CPUs. Absent at the first sight of a container.',
    on,
  ),
  'container.memory.usage': bytes('Memory of the container, with page cache.', on),
  'container.memory.working_set': bytes('Memory of the container without page cache that is inactive.', on),
  'container.memory.limit': bytes('The most memory that the container may use. Absent where there is no limit.', on),
  'container.memory.available': bytes('The limit less the working set. Absent where there is no limit.', on),
  'container.paging.faults': declared(
    { kind: 'counter', unit: '{fault}', valueType: 'int' },
    { 'system.paging.fault.type': '`major`, which needed I/O, or `minor`.' },
  )('Page faults.', off),
  'container.disk.io': declared(
    { kind: 'counter', unit: 'By', valueType: 'int' },
    {
      'disk.io.direction': direction,
      'system.device': 'The device: its name, or `major:minor` where that is not known.',
    },
  )('Bytes read from, and written to, devices.', on),
  'container.network.io': declared(
    { kind: 'counter', unit: 'By', valueType: 'int' },
    { 'network.io.direction': '`receive` or `transmit`.', 'network.interface.name': iface.interface },
  )('Bytes received and sent.', on),
} satisfies Metrics;

/** What neither has; recorded whatever the naming. */
const own = {
  'container.memory.events': declared(
    { kind: 'counter', unit: '{event}', valueType: 'int' },
    {
      'container.memory.event':
        '`oom_kill`: a process was killed because memory was full; on cgroup v2 also `low`, `high`, `max` and `oom`.',
    },
  )('What has happened at the limits of memory. From cgroups.', off),
  'container.pressure.time': declared(
    { kind: 'counter', unit: 's', valueType: 'double' },
    {
      'container.pressure.resource': '`cpu`, `memory` or `io`.',
      'container.pressure.stall': '`some` or `full`: some tasks waited, or all.',
    },
  )('Time that tasks have waited for a resource. From cgroups, version 2.', off),
  'container.health': declared(
    { kind: 'gauge', unit: '{status}', valueType: 'int' },
    { status: '`starting`, `healthy` or `unhealthy`.' },
  )('Always 1; the attribute tells what the health check says. Absent without a health check.', off),
  'container.exit_code': declared({ kind: 'gauge', unit: '{exit_code}', valueType: 'int' })(
    'Exit code of the last run. Absent while the container runs; containers that have ended need `include.states`.',
    off,
  ),
} satisfies Metrics;

export const metrics = { ...collectors, ...conventional, ...own };

export const collectorsNames = Object.keys(collectors) as readonly (keyof typeof collectors)[];

import type { Count } from '@millrace/cgroup';
import type { Attributes, Entity } from '@millrace/core';
import type { Container } from '../containers/container.ts';
import type { metrics } from '../metrics.ts';
import type { BlkioEntry, NetworkReading, Reading } from '../numbers/reading.ts';
import { shared } from './attributes.ts';

type Metric = keyof typeof metrics;
type Metrics = typeof metrics;

const core = shared((name) => ({ core: name }));
const iface = shared((name) => ({ interface: name }));
const blkio = shared((major: string, minor: string, operation: string) => ({
  device_major: major,
  device_minor: minor,
  operation,
}));

const blkioMetrics = {
  io_service_bytes_recursive: 'container.blockio.io_service_bytes_recursive',
  io_serviced_recursive: 'container.blockio.io_serviced_recursive',
  io_queue_recursive: 'container.blockio.io_queued_recursive',
  io_service_time_recursive: 'container.blockio.io_service_time_recursive',
  io_wait_time_recursive: 'container.blockio.io_wait_time_recursive',
  io_merged_recursive: 'container.blockio.io_merged_recursive',
  io_time_recursive: 'container.blockio.io_time_recursive',
  sectors_recursive: 'container.blockio.sectors_recursive',
} as const;

export const networkMetrics = {
  rxBytes: 'container.network.io.usage.rx_bytes',
  txBytes: 'container.network.io.usage.tx_bytes',
  rxDropped: 'container.network.io.usage.rx_dropped',
  txDropped: 'container.network.io.usage.tx_dropped',
  rxPackets: 'container.network.io.usage.rx_packets',
  txPackets: 'container.network.io.usage.tx_packets',
  rxErrors: 'container.network.io.usage.rx_errors',
  txErrors: 'container.network.io.usage.tx_errors',
} as const;

/** The metrics that are keys of memory.stat, with their keys. Without `rss`, which the other naming has too. */
export const memoryMetrics = [
  'file',
  'anon',
  'cache',
  'rss_huge',
  'mapped_file',
  'dirty',
  'writeback',
  'active_anon',
  'inactive_anon',
  'active_file',
  'inactive_file',
  'unevictable',
  'hierarchical_memory_limit',
  'hierarchical_memsw_limit',
  'pgfault',
  'pgmajfault',
  'pgpgin',
  'pgpgout',
  'total_cache',
  'total_rss',
  'total_rss_huge',
  'total_mapped_file',
  'total_dirty',
  'total_writeback',
  'total_active_anon',
  'total_inactive_anon',
  'total_active_file',
  'total_inactive_file',
  'total_unevictable',
  'total_pgfault',
  'total_pgmajfault',
  'total_pgpgin',
  'total_pgpgout',
].map((key) => [`container.memory.${key}` as Metric, key] as const);

export interface Numbers {
  readonly reading: Reading;
  /** CPUs used since the scrape before. */
  readonly cpus: number | undefined;
  wants(metric: Metric): boolean;
}

/** Records a container under the names of the collector's docker_stats. */
export function recordCollector(
  entity: Entity<Metrics>,
  container: Container,
  { reading, cpus, wants }: Numbers,
): void {
  const { cpu, memory, pids, networks } = reading;
  entity.record('container.cpu.usage.total', cpu.total);
  entity.record('container.cpu.usage.kernelmode', cpu.kernel);
  entity.record('container.cpu.usage.usermode', cpu.user);
  entity.record('container.cpu.usage.system', cpu.system);
  for (const [index, nanos] of cpu.perCpu.entries())
    entity.record('container.cpu.usage.percpu', nanos, core(`cpu${index}`));
  entity.record('container.cpu.utilization', cpus === undefined ? undefined : cpus * 100);
  entity.record('container.cpu.limit', container.cpuLimit);
  entity.record('container.cpu.shares', container.cpuShares);
  entity.record('container.cpu.logical.count', cpu.online);
  entity.record('container.cpu.throttling_data.periods', cpu.periods);
  entity.record('container.cpu.throttling_data.throttled_periods', cpu.throttledPeriods);
  entity.record('container.cpu.throttling_data.throttled_time', cpu.throttledTime);

  // Where the cache is not known, all of the usage counts, as in `docker stats`.
  const used = memory.workingSet ?? memory.usage;
  entity.record('container.memory.usage.total', used);
  entity.record('container.memory.usage.limit', memory.limit);
  entity.record('container.memory.usage.max', memory.peak);
  entity.record('container.memory.fails', memory.failures);
  if (used !== undefined && memory.limit !== undefined)
    entity.record('container.memory.percent', (Number(used) / Number(memory.limit)) * 100);
  for (const [metric, key] of memoryMetrics)
    if (wants(metric)) entity.record(metric, unlessUnlimited(memory.stat(key)));

  for (const [file, metric] of Object.entries(blkioMetrics))
    if (wants(metric)) recordBlkio(entity, metric, reading.blkio[file as keyof typeof blkioMetrics]);
  if (networks) for (const [name, counters] of networks) recordNetwork(entity, counters, iface(name));

  entity.record('container.pids.count', pids.current);
  entity.record('container.pids.limit', pids.limit);
}

/** Limits that are not set are nearly 2^63 in memory.stat: that is no number of bytes. */
const unlessUnlimited = (value: Count | undefined): Count | undefined =>
  value !== undefined && value < 2 ** 62 ? value : undefined;

function recordBlkio(entity: Entity<Metrics>, metric: Metric, entries: readonly BlkioEntry[] = []): void {
  for (const { major, minor, operation, value } of entries)
    entity.record(metric, value, blkio(major, minor, operation));
}

function recordNetwork(entity: Entity<Metrics>, counters: NetworkReading, attributes: Attributes): void {
  for (const counter of Object.keys(networkMetrics) as (keyof NetworkReading)[])
    entity.record(networkMetrics[counter], counters[counter], attributes);
}

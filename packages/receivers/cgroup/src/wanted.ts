import type { Wanted } from '@millrace/cgroup';
import type { Scrape } from '@millrace/core';
import type { metrics } from './metrics.ts';

export type Run = Scrape<typeof metrics>;
type Metric = keyof typeof metrics;

const anyOf = (run: Run, ...names: readonly Metric[]): boolean => names.some((name) => run.wants(name));

/** What the enabled metrics need. A file is read only if one of them is in it. */
export const wantedOf = (run: Run): Wanted => ({
  cpu: anyOf(run, 'container.cpu.time', 'container.cpu.usage'),
  throttling: anyOf(
    run,
    'container.cpu.throttling.periods',
    'container.cpu.throttling.throttled_periods',
    'container.cpu.throttling.time',
  ),
  cpuQuota: run.wants('container.cpu.limit'),
  cpuWeight: anyOf(run, 'container.cpu.shares', 'container.cpu.weight'),
  cpuset: run.wants('container.cpu.cpuset'),
  memory: anyOf(
    run,
    'container.memory.usage',
    'container.memory.working_set',
    'container.memory.rss',
    'container.memory.cache',
    'container.memory.mapped_file',
    'container.memory.swap',
    'container.memory.available',
    'container.memory.kernel',
    'container.paging.faults',
  ),
  swap: run.wants('container.memory.swap'),
  memoryKernel: run.wants('container.memory.kernel'),
  memoryLimit: anyOf(run, 'container.memory.limit', 'container.memory.available'),
  memoryOtherLimits: anyOf(run, 'container.memory.soft_limit', 'container.memory.swap.limit'),
  memoryPeak: run.wants('container.memory.peak'),
  memoryEvents: run.wants('container.memory.events'),
  memoryFailures: run.wants('container.memory.failures'),
  memoryStat: run.wants('container.memory.stat'),
  io: anyOf(run, 'container.disk.io', 'container.disk.operations', 'container.disk.discard'),
  pids: run.wants('container.pids.count'),
  pidsLimit: run.wants('container.pids.limit'),
  pressure: anyOf(run, 'container.pressure.time', 'container.pressure.share'),
});

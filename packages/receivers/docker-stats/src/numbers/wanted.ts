import type { Wanted } from '@millrace/cgroup';
import type { Config } from '../config.ts';
import type { metrics } from '../metrics.ts';
import { memoryMetrics, networkMetrics } from '../record/collector.ts';

type Metric = keyof typeof metrics;

export interface Needs {
  readonly cgroup: Wanted;
  readonly networks: boolean;
  /** CPU time, number of CPUs or memory of the machine. */
  readonly machine: boolean;
}

/** What has to be read for the metrics that are enabled, under the names that are recorded. */
export function needsOf(wants: (metric: Metric) => boolean, naming: Config['naming']): Needs {
  const collector = (...names: readonly Metric[]): boolean => naming !== 'semantic_conventions' && names.some(wants);
  const conventional = (...names: readonly Metric[]): boolean => naming !== 'docker_stats' && names.some(wants);
  const limit = collector('container.memory.usage.limit', 'container.memory.percent');
  return {
    cgroup: {
      cpu: true,
      throttling: collector(
        'container.cpu.throttling_data.periods',
        'container.cpu.throttling_data.throttled_periods',
        'container.cpu.throttling_data.throttled_time',
      ),
      memory: true,
      memoryLimit: limit,
      memoryPeak: collector('container.memory.usage.max'),
      memoryFailures: collector('container.memory.fails'),
      memoryEvents: collector('container.memory.fails') || wants('container.memory.events'),
      memoryStat:
        (naming === 'docker_stats' && wants('container.memory.rss')) ||
        collector(...memoryMetrics.map(([metric]) => metric)) ||
        conventional('container.paging.faults'),
      io:
        collector('container.blockio.io_service_bytes_recursive', 'container.blockio.io_serviced_recursive') ||
        conventional('container.disk.io'),
      pressure: wants('container.pressure.time'),
      pids: collector('container.pids.count'),
      pidsLimit: collector('container.pids.limit'),
    },
    networks: collector(...Object.values(networkMetrics)) || conventional('container.network.io'),
    machine: limit || collector('container.cpu.usage.system', 'container.cpu.logical.count'),
  };
}

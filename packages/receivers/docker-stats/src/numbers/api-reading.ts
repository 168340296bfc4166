import type { Count } from '@millrace/cgroup';
import { parse, record } from '../api/engine.ts';
import type { BlkioEntry, MemoryReading, NetworkReading, Reading } from './reading.ts';
import { above, blkioFiles, count } from './reading.ts';

type Part = Readonly<Record<string, unknown>>;

/**
 * Reads a sample of `GET /containers/<id>/stats`. Undefined for what engines send of a container that does not run. Throws an
 * EngineError for what is no sample. https://docs.docker.com/reference/api/engine/
 */
export function parseStats(text: string, runtime: string): Reading | undefined {
  if (text.trim() === '') return undefined;
  const said = record(parse(exact(text), '/containers/<id>/stats'), '/containers/<id>/stats');
  const readAt = Date.parse(String(said['read']));
  if (!(readAt > 0)) return undefined;
  const cpu = part(said['cpu_stats']);
  const usage = part(cpu['cpu_usage']);
  const total = integer(usage['total_usage']);
  if (total === undefined) return undefined;
  // Podman does not read these, and sends zeros; its clock of the machine is that of the wall.
  const docker = runtime === 'docker';
  const throttling = docker ? part(cpu['throttling_data']) : {};
  const pids = part(said['pids_stats']);
  const blkio = part(said['blkio_stats']);
  const networks = said['networks'];
  return {
    readAt,
    cpu: {
      total,
      kernel: integer(usage['usage_in_kernelmode']),
      user: integer(usage['usage_in_usermode']),
      perCpu: Array.isArray(usage['percpu_usage']) ? usage['percpu_usage'].map(integer) : [],
      system: docker ? integer(cpu['system_cpu_usage']) : undefined,
      online: number(cpu['online_cpus']) || undefined,
      periods: integer(throttling['periods']),
      throttledPeriods: integer(throttling['throttled_periods']),
      throttledTime: integer(throttling['throttled_time']),
    },
    memory: memoryOf(part(said['memory_stats'])),
    blkio: Object.fromEntries(blkioFiles.map((file) => [file, entriesOf(blkio[file])])),
    networks:
      typeof networks === 'object' && networks !== null
        ? new Map(Object.entries(networks).map(([name, counters]) => [name, networkOf(part(counters))]))
        : undefined,
    pressure: undefined,
    // 2^64-1 and what is left out mean no limit.
    pids: { current: integer(pids['current']) || undefined, limit: limitOf(pids['limit']) },
  };
}

function memoryOf(memory: Part): MemoryReading {
  const stats = part(memory['stats']);
  const stat = (key: string): Count | undefined => integer(stats[key]);
  const usage = integer(memory['usage']);
  // The engine leaves out what is 0. `cache` is version 1's, which always counts failures.
  const version1 = stats['cache'] !== undefined;
  return {
    usage,
    limit: limitOf(memory['limit']),
    peak: integer(memory['max_usage']),
    workingSet: above(usage, version1 ? stat('total_inactive_file') : stat('inactive_file')),
    rss: version1 ? stat('total_rss') : stat('anon'),
    failures: integer(memory['failcnt']) ?? (version1 ? 0 : undefined),
    events: undefined,
    stat,
  };
}

function entriesOf(list: unknown): readonly BlkioEntry[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const { major, minor, op, value } = part(entry);
    const counted = integer(value);
    if (counted === undefined) return [];
    return [
      {
        major: String(major),
        minor: String(minor),
        name: undefined,
        virtual: false,
        operation: String(op ?? '').toLowerCase(),
        value: counted,
      },
    ];
  });
}

const networkOf = (counters: Part): NetworkReading => ({
  rxBytes: integer(counters['rx_bytes']),
  rxPackets: integer(counters['rx_packets']),
  rxErrors: integer(counters['rx_errors']),
  rxDropped: integer(counters['rx_dropped']),
  txBytes: integer(counters['tx_bytes']),
  txPackets: integer(counters['tx_packets']),
  txErrors: integer(counters['tx_errors']),
  txDropped: integer(counters['tx_dropped']),
});

/**
 * JSON.parse rounds what is beyond 2^53, which nanoseconds of CPU time are after 104 days. Such integers become text first. A
 * sample has no text of a user's in which one could stand like this: the names of containers have no colons and commas.
 */
const exact = (json: string): string => json.replace(/([:,[]\s*)(\d{16,20})(?=\s*[,\]}])/g, '$1"$2"');

function integer(value: unknown): Count | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^\d+$/.test(value) ? count(BigInt(value)) : undefined;
}

/** What no machine has is no limit. */
function limitOf(value: unknown): Count | undefined {
  const limit = integer(value);
  return limit === undefined || limit === 0 || limit >= 2n ** 62n ? undefined : limit;
}

const number = (value: unknown): number | undefined => (Number.isFinite(value) ? (value as number) : undefined);
const part = (value: unknown): Part => (typeof value === 'object' && value !== null ? (value as Part) : {});

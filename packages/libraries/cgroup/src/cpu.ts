import { keyedParser, times } from './numbers.ts';
import type { Place } from './place.ts';
import type { Count, CpuSample, Wanted } from './sample.ts';

export const unknownCpu = (): CpuSample => ({
  usage: undefined,
  user: undefined,
  system: undefined,
  periods: undefined,
  throttledPeriods: undefined,
  throttledTime: undefined,
  quota: undefined,
  shares: undefined,
  weight: undefined,
  cpusetCpus: undefined,
});

/** proc_pid_stat(5): the kernel gives ticks of 1/100 s to programs on all machines that are left, whatever it counts in itself. */
const nanosPerTick = 10_000_000;

const parseModes = keyedParser(['user', 'system']);
const parseThrottling = keyedParser(['nr_periods', 'nr_throttled', 'throttled_time']);
const parseV2 = keyedParser(['usage_usec', 'user_usec', 'system_usec', 'nr_periods', 'nr_throttled', 'throttled_usec']);
const values: (Count | undefined)[] = [];

/** https://docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html, https://docs.kernel.org/scheduler/sched-bwc.html */
export function readCpuV1(place: Place, wanted: Wanted, cpu: CpuSample): void {
  if (wanted.cpu) {
    cpu.usage = place.single('cpuacct', 'cpuacct.usage');
    if (place.keyed('cpuacct', 'cpuacct.stat', { parse: parseModes, into: values })) {
      cpu.user = times(values[0], nanosPerTick);
      cpu.system = times(values[1], nanosPerTick);
    }
  }
  if (wanted.throttling && place.keyed('cpu', 'cpu.stat', { parse: parseThrottling, into: values }))
    [cpu.periods, cpu.throttledPeriods, cpu.throttledTime] = values;
  if (wanted.cpuQuota) {
    const quota = place.single('cpu', 'cpu.cfs_quota_us'); // -1 where there is none, which is no count
    if (quota !== undefined) cpu.quota = ratio(quota, place.single('cpu', 'cpu.cfs_period_us'));
  }
  if (wanted.cpuWeight) cpu.shares = numberOf(place.single('cpu', 'cpu.shares'));
  if (wanted.cpuset)
    cpu.cpusetCpus =
      countCpus(place.text('cpuset', 'cpuset.effective_cpus')) ?? countCpus(place.text('cpuset', 'cpuset.cpus'));
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files */
export function readCpuV2(place: Place, wanted: Wanted, cpu: CpuSample): void {
  // Also without the controller, cpu.stat has the times.
  if ((wanted.cpu || wanted.throttling) && place.keyed('v2', 'cpu.stat', { parse: parseV2, into: values })) {
    if (wanted.cpu) {
      cpu.usage = times(values[0], 1000);
      cpu.user = times(values[1], 1000);
      cpu.system = times(values[2], 1000);
    }
    if (wanted.throttling) {
      cpu.periods = values[3];
      cpu.throttledPeriods = values[4];
      cpu.throttledTime = times(values[5], 1000);
    }
  }
  if (wanted.cpuQuota) {
    const [, quota, period] = /^(\d{1,15}) (\d{1,15})\n?$/.exec(place.text('v2', 'cpu.max') ?? '') ?? [];
    if (quota !== undefined) cpu.quota = ratio(Number(quota), Number(period));
  }
  if (wanted.cpuWeight) cpu.weight = numberOf(place.single('v2', 'cpu.weight'));
  if (wanted.cpuset) cpu.cpusetCpus = countCpus(place.text('v2', 'cpuset.cpus.effective'));
}

function ratio(quota: Count, period: Count | undefined): number | undefined {
  return period === undefined || period <= 0 ? undefined : Number(quota) / Number(period);
}

const numberOf = (count: Count | undefined): number | undefined => (typeof count === 'number' ? count : undefined);

/** cpuset(7), list format: `0-3,8` has five. */
export function countCpus(list: string | undefined): number | undefined {
  if (list === undefined || !/^\d{1,6}(-\d{1,6})?(,\d{1,6}(-\d{1,6})?)*\n?$/.test(list)) return undefined;
  let cpus = 0;
  for (const range of list.trimEnd().split(',')) {
    const [first, last = first] = range.split('-').map(Number);
    cpus += last! - first! + 1;
  }
  return cpus > 0 ? cpus : undefined;
}

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Files = Readonly<Record<string, string>>;

/** Writes a tree of files into a new folder, for `root_path`. */
export function makeHost(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'fake-host-'));
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const machine: Files = {
  'proc/stat': 'cpu  1000 10 500 90000 40 3 7 99 0 0\ncpu0 500 5 250 45000 20 1 3 50 0 0\ncpu1 500 5 250 45000 20 2 4 49 0 0\nintr 1\n',
  'proc/meminfo': 'MemTotal:       32781080 kB\nMemFree:        1 kB\n',
  'proc/4242/net/dev': `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:    1602      19    1    2    0     0          0         0      730       7    3    4    0     0       0          0
`,
};

const lines = (values: Readonly<Record<string, number | string>>): string =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('');

/** A host with cgroup v2 and systemd, as Debian 12 has it, and one container of Docker. */
export function hostV2(id: string): Files {
  const scope = `sys/fs/cgroup/system.slice/docker-${id}.scope`;
  const pressure = 'some avg10=1.50 avg60=0.20 avg300=0.05 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n';
  return {
    ...machine,
    'proc/4242/cgroup': `0::/system.slice/docker-${id}.scope\n`,
    'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
    [`${scope}/cgroup.controllers`]: 'cpuset cpu io memory pids\n',
    [`${scope}/cgroup.procs`]: '4242\n',
    [`${scope}/cpu.stat`]: lines({
      usage_usec: 7_500_001,
      user_usec: 5_000_000,
      system_usec: 2_500_001,
      nr_periods: 120,
      nr_throttled: 7,
      throttled_usec: 310_000,
    }),
    [`${scope}/cpu.max`]: '50000 100000\n',
    [`${scope}/cpu.pressure`]: pressure,
    [`${scope}/memory.pressure`]: pressure,
    [`${scope}/io.pressure`]: pressure,
    [`${scope}/memory.current`]: '10485760\n',
    [`${scope}/memory.max`]: 'max\n',
    [`${scope}/memory.peak`]: '20971520\n',
    [`${scope}/memory.swap.current`]: '0\n',
    [`${scope}/memory.swap.max`]: 'max\n',
    [`${scope}/memory.events`]: lines({ low: 0, high: 0, max: 5, oom: 2, oom_kill: 1 }),
    [`${scope}/memory.stat`]: lines({
      anon: 4_194_304,
      file: 5_242_880,
      kernel: 1_048_576,
      file_mapped: 1_048_576,
      file_dirty: 4096,
      file_writeback: 0,
      inactive_anon: 4_190_208,
      active_anon: 4096,
      inactive_file: 3_145_728,
      active_file: 2_097_152,
      unevictable: 0,
      pgfault: 1234,
      pgmajfault: 12,
    }),
    [`${scope}/io.stat`]: '259:0 rbytes=45056 wbytes=1048576 rios=11 wios=32 dbytes=4096 dios=1\n',
    [`${scope}/pids.current`]: '3\n',
    [`${scope}/pids.max`]: '100\n',
  };
}

/** A host with cgroup v1, and one container of Docker that has a limit of memory. */
export function hostV1(id: string): Files {
  const at = (controller: string): string => `sys/fs/cgroup/${controller}/docker/${id}`;
  const own = {
    cache: 5_242_880,
    rss: 4_194_304,
    rss_huge: 0,
    mapped_file: 1_048_576,
    dirty: 4096,
    writeback: 0,
    pgpgin: 500,
    pgpgout: 400,
    pgfault: 1234,
    pgmajfault: 12,
    inactive_anon: 4_190_208,
    active_anon: 4096,
    inactive_file: 3_145_728,
    active_file: 2_097_152,
    unevictable: 0,
  };
  return {
    ...machine,
    'proc/4242/cgroup': `4:memory:/docker/${id}\n3:pids:/docker/${id}\n2:cpu,cpuacct:/docker/${id}\n1:blkio:/docker/${id}\n`,
    'sys/fs/cgroup/memory/cgroup.procs': '1\n',
    'sys/fs/cgroup/pids/cgroup.procs': '1\n',
    'sys/fs/cgroup/cpu,cpuacct/cgroup.procs': '1\n',
    'sys/fs/cgroup/blkio/cgroup.procs': '1\n',
    [`${at('cpu,cpuacct')}/cpuacct.usage`]: '9107199254740993000\n',
    [`${at('cpu,cpuacct')}/cpuacct.stat`]: 'user 500\nsystem 250\n',
    [`${at('cpu,cpuacct')}/cpu.stat`]: 'nr_periods 120\nnr_throttled 7\nthrottled_time 310000000\n',
    [`${at('cpu,cpuacct')}/cpu.cfs_quota_us`]: '50000\n',
    [`${at('cpu,cpuacct')}/cpu.cfs_period_us`]: '100000\n',
    [`${at('cpu,cpuacct')}/cpu.shares`]: '1024\n',
    [`${at('memory')}/memory.usage_in_bytes`]: '10485760\n',
    [`${at('memory')}/memory.max_usage_in_bytes`]: '20971520\n',
    [`${at('memory')}/memory.limit_in_bytes`]: '134217728\n',
    [`${at('memory')}/memory.memsw.limit_in_bytes`]: '268435456\n',
    [`${at('memory')}/memory.memsw.usage_in_bytes`]: '10485760\n',
    [`${at('memory')}/memory.failcnt`]: '5\n',
    [`${at('memory')}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    [`${at('memory')}/memory.stat`]: lines({
      ...own,
      hierarchical_memory_limit: 134_217_728,
      hierarchical_memsw_limit: 268_435_456,
      ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`total_${key}`, value])),
    }),
    [`${at('blkio')}/blkio.throttle.io_service_bytes_recursive`]:
      '259:0 Read 45056\n259:0 Write 1048576\n259:0 Sync 1093632\n259:0 Async 0\n259:0 Discard 4096\n259:0 Total 1097728\nTotal 1097728\n',
    [`${at('blkio')}/blkio.throttle.io_serviced_recursive`]:
      '259:0 Read 11\n259:0 Write 32\n259:0 Sync 43\n259:0 Async 0\n259:0 Discard 1\n259:0 Total 44\nTotal 44\n',
    [`${at('pids')}/pids.current`]: '3\n',
    [`${at('pids')}/pids.max`]: '100\n',
  };
}

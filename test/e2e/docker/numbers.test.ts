// Containers of a real engine whose work is known: every way to their numbers must tell what was done, and what the engine says.
import { readlinkSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Container, type ContainerOptions, type Report, runContainer } from './containers.ts';
import { tryDocker } from './engine.ts';
import { enabled, type Reading, type Scraping, startScraping } from './pipeline.ts';

const engine = await tryDocker();
const mebibyte = 1 << 20;

/** `/dev/vda` if temporary files are there: the kernel counts a cgroup's I/O on it once there is any limit. */
function blockDevice(): string | undefined {
  const { dev } = statSync(tmpdir());
  try {
    return `/dev/${basename(readlinkSync(`/sys/dev/block/${dev >> 8}:${dev & 0xff}`))}`;
  } catch {
    return undefined;
  }
}
const disk = blockDevice();
if (!disk)
  console.warn('SKIPPED: bytes written by containers are not compared: temporary files are on no block device.');

const containers: readonly ContainerOptions[] = [
  { name: 'burns', steps: 'user 500 system 300 wait user 300 system 100 wait' },
  { name: 'holds', steps: `memory ${64 * mebibyte} wait`, host: { Memory: 256 * mebibyte } },
  {
    name: 'writes',
    steps: `direct ${16 * mebibyte} wait`,
    host: disk ? { BlkioDeviceWriteBps: [{ Path: disk, Rate: 1e10 }] } : {},
  },
  { name: 'forks', steps: 'fork 20 wait', host: { PidsLimit: 10 } },
  { name: 'throttled', steps: 'wait user 60000', host: { NanoCpus: 0.2e9, CpuShares: 512 } },
  { name: 'killed', steps: `oom ${128 * mebibyte} wait`, host: { Memory: 32 * mebibyte } },
  { name: 'talks', steps: 'wait' },
];

const wanted = enabled([
  'container.cpu.throttling_data.periods',
  'container.cpu.throttling_data.throttled_periods',
  'container.cpu.throttling_data.throttled_time',
  'container.cpu.limit',
  'container.cpu.shares',
  'container.memory.rss',
  'container.memory.usage.max',
  'container.memory.fails',
  'container.memory.events',
  'container.blockio.io_serviced_recursive',
  'container.network.io.usage.rx_packets',
  'container.network.io.usage.tx_packets',
  'container.pids.count',
  'container.pids.limit',
]);

/** An engine with much to do is given time. */
const patience = 'request_timeout: 20s, timeout: 30s';
const dockerStats = ['docker_stats/cgroup', 'docker_stats/one_shot', 'docker_stats/stream'] as const;
const conventional = ['cgroup', 'docker_stats/conventions'] as const;

describe.skipIf(!engine)('the numbers of containers', () => {
  const running = new Map<string, Container>();
  const reports = new Map<string, Report>();
  let scraping: Scraping;
  let readings: Readonly<Record<string, Reading>>;
  let stats: ReadonlyMap<string, Stats>;

  const container = (name: string): Container => running.get(name)!;
  const id = (name: string): string => container(name).id;
  const report = (name: string): Report => reports.get(name)!;

  /** A scrape that the streams, too, know the present in: they have a sample a second. */
  async function settledScrape(): Promise<Readonly<Record<string, Reading>>> {
    await sleep(1500);
    return scraping.scrape();
  }

  beforeAll(async () => {
    await Promise.all(containers.map(async (one) => running.set(one.name, await runContainer(engine!, one))));
    for (const name of running.keys()) reports.set(name, await container(name).report());
    const { NetworkSettings: network } = await container('holds').inspect();
    await container('talks').exec(['ping', '-c', '3', '-i', '0.1', '-s', '1000', network.IPAddress]);
    const endpoint = `endpoint: '${engine!.endpoint}', ${patience}`;
    scraping = await startScraping({
      'docker_stats/cgroup': `${endpoint}, stats_source: cgroup, ${wanted}`,
      'docker_stats/one_shot': `${endpoint}, stats_source: api, api_stats: one_shot, ${wanted}`,
      'docker_stats/stream': `${endpoint}, stats_source: api, api_stats: stream, ${wanted}`,
      'docker_stats/conventions': `${endpoint}, naming: semantic_conventions, ${enabled(['container.memory.events'])}`,
      cgroup: enabled(['container.cpu.shares', 'container.memory.peak', 'container.memory.failures']),
    });
    await scraping.scrape();
    readings = await settledScrape();
    stats = new Map(
      await Promise.all([...running].map(async ([name, { id: of }]) => [name, await statsOf(of)] as const)),
    );
  }, 60_000);
  afterAll(async () => {
    await scraping?.stop();
    await engine?.stop();
  }, 60_000);

  interface Stats {
    readonly read: string;
    readonly cpu_stats: {
      readonly cpu_usage: Readonly<Record<'total_usage' | 'usage_in_kernelmode' | 'usage_in_usermode', number>>;
    };
    readonly memory_stats: {
      readonly usage: number;
      readonly limit: number;
      readonly stats: Readonly<Record<string, number>>;
    };
    readonly networks: { readonly eth0: Readonly<Record<string, number>> };
    readonly pids_stats: { readonly current: number };
  }
  const statsOf = async (of: string): Promise<Stats> =>
    (await engine!.call('GET', `/v1.41/containers/${of}/stats?stream=false&one-shot=true`)).body as Stats;

  it.each(dockerStats)('%s: CPU time as it was used', (receiver) => {
    const { userUs, systemUs } = report('burns');
    const value = (mode: string): number => readings[receiver]!.value('burns', `container.cpu.usage.${mode}`) / 1e3;
    // The process is in its cgroup a little after it exists; `total` is exact, the modes are in ticks of 10 ms.
    expect(Math.abs(value('total') - (userUs + systemUs))).toBeLessThan(25_000);
    expect(Math.abs(value('usermode') - userUs)).toBeLessThan(50_000);
    expect(Math.abs(value('kernelmode') - systemUs)).toBeLessThan(50_000);
  });

  it.each(conventional)('%s: CPU time as it was used', (receiver) => {
    const { userUs, systemUs } = report('burns');
    const value = (mode?: string): number =>
      readings[receiver]!.value(id('burns'), 'container.cpu.time', mode ? { 'cpu.mode': mode } : {}) * 1e6;
    expect(Math.abs(value() - (userUs + systemUs))).toBeLessThan(25_000);
    expect(Math.abs(value('user') - userUs)).toBeLessThan(50_000);
    expect(Math.abs(value('system') - systemUs)).toBeLessThan(50_000);
  });

  it.each(dockerStats)('%s: memory as it was allocated', (receiver) => {
    const value = (metric: string): number => readings[receiver]!.value('holds', `container.memory.${metric}`);
    expect(value('rss')).toBeGreaterThanOrEqual(64 * mebibyte);
    expect(value('rss')).toBeLessThan(65 * mebibyte);
    expect(value('usage.total')).toBeGreaterThanOrEqual(64 * mebibyte);
    expect(value('usage.total')).toBeLessThan(66 * mebibyte);
    expect(value('usage.max')).toBeGreaterThanOrEqual(value('usage.total'));
    expect(value('usage.limit')).toBe(256 * mebibyte);
    expect(value('percent')).toBeCloseTo((value('usage.total') / 256 / mebibyte) * 100, 5);
  });

  it('cgroup: memory as it was allocated', () => {
    const value = (metric: string): number => readings.cgroup!.value(id('holds'), `container.memory.${metric}`);
    expect(value('rss')).toBeGreaterThanOrEqual(64 * mebibyte);
    expect(value('rss')).toBeLessThan(65 * mebibyte);
    expect(value('working_set')).toBeLessThan(66 * mebibyte);
    expect(value('limit')).toBe(256 * mebibyte);
    expect(value('available')).toBe(256 * mebibyte - value('working_set'));
    expect(readings.cgroup!.points(id('burns'), 'container.memory.limit'), 'no limit is no number').toEqual([]);
  });

  it.skipIf(!disk)('bytes as they were written past the page cache', () => {
    const written: Record<string, number> = {};
    for (const receiver of dockerStats)
      written[receiver] = readings[receiver]!.value('writes', 'container.blockio.io_service_bytes_recursive', {
        operation: 'write',
      });
    for (const receiver of conventional)
      written[receiver] = readings[receiver]!.value(id('writes'), 'container.disk.io', {
        'disk.io.direction': 'write',
      });
    for (const [receiver, bytes] of Object.entries(written)) {
      expect(bytes, receiver).toBeGreaterThanOrEqual(16 * mebibyte);
      // What the file system writes about the file.
      expect(bytes, receiver).toBeLessThan(16 * mebibyte + 128 * 1024);
    }
    const [point] = readings.cgroup!.points(id('writes'), 'container.disk.io', { 'disk.io.direction': 'write' });
    expect(`/dev/${String(point!.attributes['system.device'])}`).toBe(disk);
  });

  it.each(dockerStats)('%s: processes up to their limit', (receiver) => {
    expect(report('forks')).toMatchObject({ forked: 9, forkFailed: 11 });
    expect(readings[receiver]!.value('forks', 'container.pids.count')).toBe(10);
    expect(readings[receiver]!.value('forks', 'container.pids.limit')).toBe(10);
  });

  it('cgroup: processes up to their limit', () => {
    expect(readings.cgroup!.value(id('forks'), 'container.pids.count')).toBe(10);
    expect(readings.cgroup!.value(id('forks'), 'container.pids.limit')).toBe(10);
    expect(readings.cgroup!.points(id('burns'), 'container.pids.limit')).toEqual([]);
  });

  it('a process that was killed because memory was full', () => {
    expect(report('killed').killed).toBe(1);
    expect(readings.cgroup!.value(id('killed'), 'container.memory.failures')).toBeGreaterThan(0);
    const oomKill = { 'container.memory.event': 'oom_kill' };
    for (const receiver of ['cgroup', 'docker_stats/cgroup', 'docker_stats/conventions'])
      expect(readings[receiver]!.value(id('killed'), 'container.memory.events', oomKill), receiver).toBe(1);
    for (const receiver of dockerStats)
      expect(readings[receiver]!.value('killed', 'container.memory.fails'), receiver).toBeGreaterThan(0);
  });

  it.each(dockerStats)('%s: what the stats API says in the same moment', (receiver) => {
    for (const name of running.keys()) {
      const { cpu_stats: cpu, memory_stats: memory, networks, pids_stats: pids } = stats.get(name)!;
      const value = (metric: string): number => readings[receiver]!.value(name, `container.${metric}`);
      // They all wait, so nothing moves but what the kernel had not added up yet.
      expect(value('cpu.usage.total') / 1e6, name).toBeCloseTo(cpu.cpu_usage.total_usage / 1e6, 0);
      expect(Math.abs(value('cpu.usage.usermode') - cpu.cpu_usage.usage_in_usermode), name).toBeLessThanOrEqual(10e6);
      expect(Math.abs(value('cpu.usage.kernelmode') - cpu.cpu_usage.usage_in_kernelmode), name).toBeLessThanOrEqual(
        10e6,
      );
      const used = memory.usage - memory.stats.total_inactive_file!;
      expect(Math.abs(value('memory.usage.total') - used), name).toBeLessThan(mebibyte / 2);
      expect(value('memory.usage.limit'), name).toBe(memory.limit);
      expect(Math.abs(value('memory.rss') - memory.stats.rss!), name).toBeLessThan(mebibyte / 2);
      expect(value('pids.count'), name).toBe(pids.current);
      for (const metric of ['rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets']) {
        const slack = metric.endsWith('bytes') ? 400 : 4;
        const seen = readings[receiver]!.value(name, `container.network.io.usage.${metric}`, { interface: 'eth0' });
        expect(Math.abs(seen - networks.eth0[metric]!), `${name} ${metric}`).toBeLessThanOrEqual(slack);
      }
    }
  });

  it.each(dockerStats)('%s: packets as they were sent', (receiver) => {
    const packet = 14 + 20 + 8 + 1000;
    const value = (metric: string): number =>
      readings[receiver]!.value('talks', `container.network.io.usage.${metric}`);
    expect(value('tx_bytes')).toBeGreaterThanOrEqual(3 * packet);
    expect(value('rx_bytes')).toBeGreaterThanOrEqual(3 * packet);
    expect(value('tx_packets')).toBeGreaterThanOrEqual(3);
  });

  it('from scrape to scrape: what was used in between, and a quota that is used up', async () => {
    const before = readings;
    const beforeReport = report('burns');
    await container('burns').go();
    await container('throttled').go();
    const after = await container('burns').report(2);
    const firstStats = await statsOf(id('throttled'));
    const first = await settledScrape();
    await sleep(2000);
    const second = await settledScrape();
    const secondStats = await statsOf(id('throttled'));
    const seconds = (Date.parse(secondStats.read) - Date.parse(firstStats.read)) / 1000;
    const nanoseconds = secondStats.cpu_stats.cpu_usage.total_usage - firstStats.cpu_stats.cpu_usage.total_usage;
    // A fifth of a CPU, or what a busy machine leaves of it.
    const usage = nanoseconds / 1e9 / seconds;
    expect(usage).toBeGreaterThan(0.05);
    expect(usage).toBeLessThan(0.22);

    const used = after.userUs + after.systemUs - beforeReport.userUs - beforeReport.systemUs;
    for (const receiver of dockerStats) {
      const total = (readings_: typeof readings): number =>
        readings_[receiver]!.value('burns', 'container.cpu.usage.total');
      expect((total(second) - total(before)) / 1e3 / used, receiver).toBeCloseTo(1, 1);
      const value = (metric: string): number => second[receiver]!.value('throttled', `container.cpu.${metric}`);
      expect(Math.abs(value('utilization') / 100 - usage), receiver).toBeLessThan(0.04);
      expect(value('limit'), receiver).toBeCloseTo(0.2, 6);
      expect(value('shares'), receiver).toBe(512);
      expect(value('throttling_data.throttled_periods'), receiver).toBeGreaterThan(10);
      expect(value('throttling_data.periods'), receiver).toBeGreaterThanOrEqual(
        value('throttling_data.throttled_periods'),
      );
      expect(value('throttling_data.throttled_time') / 1e9, receiver).toBeGreaterThan(1);
    }
    const own = (reading: Reading, metric: string): number => reading.value(id('throttled'), `container.cpu.${metric}`);
    expect(Math.abs(own(second.cgroup!, 'usage') - usage)).toBeLessThan(0.04);
    expect(own(second.cgroup!, 'limit')).toBeCloseTo(0.2, 6);
    expect(own(second.cgroup!, 'shares')).toBe(512);
    const periods = own(second.cgroup!, 'throttling.periods') - own(first.cgroup!, 'throttling.periods');
    expect(periods, 'of 100 ms').toBeGreaterThan(seconds * 3);
    expect(periods).toBeLessThanOrEqual(seconds * 10 + 1);
    expect(own(second.cgroup!, 'throttling.time')).toBeGreaterThan(1);
    await container('throttled').remove();
  }, 40_000);

  it('nothing was warned of', () => expect(scraping.lines).toEqual([]));
});

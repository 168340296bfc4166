// Podman's service: the same API, spoken a little differently.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Container, type Report, runContainer } from './containers.ts';
import { tryPodman } from './engine.ts';
import { enabled, type Reading, type Scraping, startScraping } from './pipeline.ts';

const engine = await tryPodman();
const mebibyte = 1 << 20;
const sources = ['docker_stats/cgroup', 'docker_stats/one_shot', 'docker_stats/stream'] as const;

describe.skipIf(!engine)('containers of Podman', () => {
  let scraping: Scraping;
  let container: Container;
  let report: Report;
  let readings: Readonly<Record<string, Reading>>;
  beforeAll(async () => {
    container = await runContainer(engine!, {
      name: 'works',
      steps: `user 300 system 200 memory ${32 * mebibyte} fork 3 wait`,
      labels: { tier: 'web' },
      host: { Memory: 128 * mebibyte, NanoCpus: 1.5e9 },
    });
    report = await container.report();
    const wanted = enabled(['container.pids.count', 'container.memory.rss', 'container.cpu.limit', 'container.status']);
    const settings = `endpoint: '${engine!.endpoint}', request_timeout: 20s, timeout: 30s, container_labels_to_metric_labels: { tier: tier }, ${wanted}`;
    scraping = await startScraping({
      'docker_stats/cgroup': `${settings}, stats_source: cgroup`,
      'docker_stats/one_shot': `${settings}, stats_source: api`,
      'docker_stats/stream': `${settings}, stats_source: api, api_stats: stream`,
      cgroup: '',
    });
    await scraping.scrape();
    // A stream tells of a second ago.
    await sleep(6000);
    readings = await scraping.scrape();
  }, 60_000);
  afterAll(async () => {
    await scraping?.stop();
    await engine?.stop();
  }, 60_000);

  it.each(sources)('%s: the numbers are what was done', (source) => {
    const value = (metric: string): number => readings[source]!.value('works', `container.${metric}`);
    expect(Math.abs(value('cpu.usage.total') / 1e3 - report.userUs - report.systemUs)).toBeLessThan(30_000);
    expect(value('memory.usage.total')).toBeGreaterThanOrEqual(32 * mebibyte);
    expect(value('memory.usage.total')).toBeLessThan(36 * mebibyte);
    expect(value('memory.usage.limit')).toBe(128 * mebibyte);
    expect(value('pids.count')).toBe(4);
  });

  it('docker_stats: whose they are', () => {
    for (const source of sources) {
      const [point] = readings[source]!.points('works', 'container.cpu.usage.total');
      expect(point!.resource, source).toMatchObject({
        'container.id': container.id,
        'container.name': 'works',
        'container.image.name': expect.stringContaining('millrace-test:latest') as string,
        'container.runtime': 'podman',
        tier: 'web',
      });
      expect(readings[source]!.value('works', 'container.status', { status: 'running' }), source).toBe(1);
      expect(readings[source]!.value('works', 'container.cpu.limit'), source).toBe(1.5);
    }
  });

  it('cgroup: the numbers, and that it is Podman', () => {
    const { id } = container;
    const value = (metric: string): number => readings.cgroup!.value(id, `container.${metric}`);
    expect(Math.abs(value('cpu.time') * 1e6 - report.userUs - report.systemUs)).toBeLessThan(30_000);
    expect(value('memory.rss')).toBeGreaterThanOrEqual(32 * mebibyte);
    expect(value('memory.rss')).toBeLessThan(36 * mebibyte);
    expect(value('memory.limit')).toBe(128 * mebibyte);
    expect(value('pids.count')).toBe(4);
    expect(value('cpu.limit')).toBeCloseTo(1.5, 6);
    const [point] = readings.cgroup!.points(id, 'container.cpu.time');
    expect(Object.values(point!.resource)).toContain('podman');
  });

  it('ends, and so do its series', async () => {
    await container.remove();
    const receivers = [...sources, 'cgroup'];
    const ended = new Set<string>();
    await scraping.until((all) => {
      for (const one of receivers) if (all[one]!.points(container.id).some((point) => point.ended)) ended.add(one);
      return ended.size === receivers.length;
    });
  }, 20_000);

  it('nothing was warned of', () => expect(scraping.lines).toEqual([]));
});

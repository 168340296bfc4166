import { describe, expect, it } from 'vitest';
import { hostV2, writeFiles } from '../testdata/hosts.ts';
import { engineWith, host, id, open, web } from '../testdata/scraping.ts';

describe('CPU utilization', () => {
  it.each(['one_shot', 'stream'])(
    'is percent of one CPU since the scrape before, by the engine’s clock (%s)',
    async (apiStats) => {
      const engine = await engineWith([web]);
      const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
      expect((await scrape()).text, 'the first has nothing to compare with').not.toContain('utilization');
      const cpu = web.stats['cpu_stats'] as Record<string, object>;
      const total = (cpu['cpu_usage'] as { total_usage: number }).total_usage;
      engine.containers.set(id, {
        ...web,
        stats: {
          ...web.stats,
          read: new Date(Date.parse(String(web.stats['read'])) + 2000).toISOString(),
          cpu_stats: { ...cpu, cpu_usage: { ...cpu['cpu_usage'], total_usage: total + 3_000_000_000 } },
        },
      });
      await expect.poll(async () => (await scrape()).text).toMatch(/cpu.utilization.* 150 1$/m);
    },
  );

  it('begins anew with a restart', async () => {
    const engine = await engineWith([web]);
    const root = host(hostV2(id));
    const { scrape, scraper } = await open(engine, { root_path: root });
    const stat = `sys/fs/cgroup/system.slice/docker-${id}.scope/cpu.stat`;
    await scrape();
    const state = { ...(web.inspect['State'] as object), StartedAt: '2026-11-21T13:00:00Z', Pid: 4243 };
    engine.containers.set(id, { ...web, inspect: { ...web.inspect, State: state, RestartCount: 1 } });
    writeFiles(root, {
      [stat]: 'usage_usec 9500000\nuser_usec 1\nsystem_usec 1\n',
      'proc/4243/cgroup': `0::/system.slice/docker-${id}.scope\n`,
    });
    engine.emit('start', id);
    await expect.poll(() => engine.asked.filter((path) => path.endsWith('/json')).length).toBeGreaterThan(1);
    await expect.poll(async () => (await scrape()).text).toMatch(/usage.total.* 9500000000 ns/);
    const { resourceMetrics } = await scraper.collect({ timeoutMs: 5000 });
    const { startTime } = resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!;
    expect(startTime[0]).toBe(Date.UTC(2026, 10, 21, 13) / 1000);
  });
});

import { describe, expect, it } from 'vitest';
import { captured, capturedContainer } from '../testdata/fake-engine.ts';
import { hostV1, hostV2 } from '../testdata/hosts.ts';
import { engineWith, everyMetric, host, id, open, settled, web } from '../testdata/scraping.ts';

describe('what is recorded', () => {
  it.each(['docker-20.10-cgroup-v1', 'podman-4.3-cgroup-v1', 'docker-28-cgroup-v2'])(
    'from the API of %s',
    async (folder) => {
      const engine = await engineWith([capturedContainer(folder)], { version: captured(folder, 'version') });
      const settings = {
        stats_source: 'api',
        naming: 'both',
        resource_attributes: { 'container.hostname': { enabled: false } },
      };
      const all = await open(engine, settings, everyMetric);
      const { text, errors } = await all.scrape();
      expect(errors).toEqual([]);
      await expect(settled(text)).toMatchFileSnapshot(`../testdata/${folder}/expected.txt`);
    },
  );

  it.each([
    { name: 'cgroup-v1', files: hostV1(id) },
    { name: 'cgroup-v2', files: hostV2(id) },
  ])('from $name below root_path', async ({ name, files }) => {
    const engine = await engineWith([web]);
    const all = await open(engine, { root_path: host(files), naming: 'both' }, everyMetric);
    const { text, errors } = await all.scrape();
    expect(errors).toEqual([]);
    await expect(settled(text)).toMatchFileSnapshot(`../testdata/expected-${name}.txt`);
    expect(
      engine.asked.filter((path) => path.includes('/stats')),
      'the API gave no numbers',
    ).toEqual([]);
  });

  it.each([
    { files: hostV1(id), absent: 'container.memory.file' },
    { files: hostV2(id), absent: 'container.memory.total_cache' },
  ])('are the 14 metrics that the collector has by default, but $absent', async ({ files, absent }) => {
    const engine = await engineWith([web]);
    const root = host(files);
    const usual = await open(engine, { root_path: root });
    // Utilization compares two scrapes, and only if they are some time apart.
    let text = '';
    await expect.poll(async () => ({ text } = await usual.scrape()).text).toContain('container.cpu.utilization');
    const names = new Set(
      text
        .split('\n')
        .map((line) => line.split('{')[0])
        .filter(Boolean),
    );
    expect(names).toEqual(
      new Set(
        [
          'container.blockio.io_service_bytes_recursive',
          'container.cpu.usage.kernelmode',
          'container.cpu.usage.total',
          'container.cpu.usage.usermode',
          'container.cpu.utilization',
          'container.memory.file',
          'container.memory.percent',
          'container.memory.total_cache',
          'container.memory.usage.limit',
          'container.memory.usage.total',
          'container.network.io.usage.rx_bytes',
          'container.network.io.usage.rx_dropped',
          'container.network.io.usage.tx_bytes',
          'container.network.io.usage.tx_dropped',
        ].filter((one) => one !== absent),
      ),
    );
  });

  it('has the container’s labels, variables and the attributes that are enabled', async () => {
    const engine = await engineWith([web]);
    const { scraper } = await open(engine, {
      stats_source: 'api',
      container_labels_to_metric_labels: { team: 'owner', none: 'none' },
      env_vars_to_metric_labels: { GREETING: 'greeting' },
      resource_attributes: {
        'container.image.id': { enabled: true },
        'container.image.tags': { enabled: true },
        'container.command_line': { enabled: true },
        'container.hostname': { enabled: false },
      },
    });
    const { resourceMetrics } = await scraper.collect({ timeoutMs: 5000 });
    expect(resourceMetrics[0]!.resource.attributes).toEqual({
      'container.id': id,
      'container.name': 'web',
      'container.image.name': 'shop/web:1.4',
      'container.runtime': 'docker',
      'container.image.id': expect.stringMatching(/^sha256:/),
      'container.image.tags': ['1.4'],
      'container.command_line': expect.stringMatching(/^\/bin\/sh -c while/),
      owner: 'core',
      greeting: 'hello',
    });
  });

  it('begins at the start of the container', async () => {
    const { scraper } = await open(await engineWith([web]), { stats_source: 'api' });
    const { resourceMetrics } = await scraper.collect({ timeoutMs: 5000 });
    const [point] = resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints;
    expect(point!.startTime[0]).toBe(Date.UTC(2026, 10, 21, 11, 32, 0) / 1000);
  });

  it('of a container that does not run is its state', async () => {
    const ended = {
      ...(web.inspect['State'] as object),
      Status: 'exited',
      Pid: 0,
      ExitCode: 137,
      FinishedAt: '2026-11-21T12:00:00Z',
    };
    const engine = await engineWith([{ ...web, inspect: { ...web.inspect, State: ended } }]);
    const { scrape } = await open(engine, { include: { states: ['*'] } }, everyMetric);
    const { text } = await scrape();
    expect(text.split('\n').map((line) => line.replace(/\{.*\|(.*)\}/, '{$1}'))).toEqual([
      'container.exit_code{} 137 {exit_code}',
      'container.restarts{} 0 {restarts}',
      'container.status{status="exited"} 1 {status}',
      '',
    ]);
  });

  it('ends with the container', async () => {
    const engine = await engineWith([web]);
    const { scrape } = await open(engine, { stats_source: 'api' });
    await scrape();
    engine.containers.delete(id);
    engine.emit('destroy', id);
    await expect.poll(async () => (await scrape()).text).toMatch(/usage.total.* ended ns/);
    expect((await scrape()).text.trim()).toBe('');
  });
});

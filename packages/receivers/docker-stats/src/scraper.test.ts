import { rmSync } from 'node:fs';
import { createScraper, metricsBatch, resolveConfig, type Scraper, systemClock } from '@millrace/core';
import { render, type TestContext, testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  another,
  captured,
  capturedContainer,
  type FakeContainer,
  type FakeEngine,
  fakeEngine,
} from '../testdata/fake-engine.ts';
import { type Files, hostV1, hostV2, makeHost, writeFiles } from '../testdata/hosts.ts';
import { metrics } from './metrics.ts';
import dockerStats from './index.ts';

const everyMetric = Object.fromEntries(Object.keys(metrics).map((name) => [name, { enabled: true }]));
const web = capturedContainer('docker-20.10-cgroup-v1');
const id = String(web.inspect['Id']);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Opened {
  readonly scraper: Scraper;
  readonly context: TestContext;
  scrape(options?: { readonly timeoutMs?: number }): Promise<{ text: string; errors: string[] }>;
}

async function open(engine: FakeEngine | string, input: object = {}, settings: object = {}): Promise<Opened> {
  const endpoint = typeof engine === 'string' ? engine : engine.endpoint;
  const context = testContext({ clock: systemClock });
  const config = resolveConfig(dockerStats.config, { endpoint, request_timeout: '500ms', ...input });
  const scraper = createScraper(dockerStats, config, context, settings as never);
  ends.push(() => scraper.shutdown?.(AbortSignal.timeout(5000)));
  await scraper.start?.();
  return {
    scraper,
    context,
    async scrape({ timeoutMs = 5000 } = {}) {
      const { resourceMetrics, errors } = await scraper.collect({ timeoutMs });
      return { text: render(metricsBatch(resourceMetrics)), errors: errors.map((error) => (error as Error).message) };
    },
  };
}

async function engineWith(containers: readonly FakeContainer[], options: object = {}): Promise<FakeEngine> {
  const engine = await fakeEngine({ containers, ...options });
  ends.push(() => engine.close());
  return engine;
}

function host(files: Files): string {
  const root = makeHost(files);
  ends.push(() => rmSync(root, { recursive: true }));
  return root;
}

/** Without what depends on when the test runs. */
const settled = (text: string): string => text.replaceAll(/^(container\.uptime.*) [\d.]+ s$/gm, '$1 … s');

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
    await usual.scrape();
    await new Promise((resolve) => setTimeout(resolve, 120));
    const { text } = await usual.scrape();
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
    await vi.waitFor(async () => expect((await scrape()).text).toMatch(/usage.total.* ended ns/));
    expect((await scrape()).text.trim()).toBe('');
  });
});

describe('events', () => {
  it('are log records of the resource of their container', async () => {
    const engine = await engineWith([web]);
    const { scraper } = await open(engine, { stats_source: 'api', excluded_images: ['other/*'] });
    const first = await scraper.collect({ timeoutMs: 5000 });
    engine.emit('oom', id, { time: 1_795_260_785_137 });
    engine.emit('die', id, { attributes: { exitCode: '137' } });
    engine.emit('die', 'b'.repeat(64), { attributes: { exitCode: '1', image: 'other/thing', name: 'other' } });
    engine.emit('die', 'c'.repeat(64), { attributes: { exitCode: '1', name: 'brief', team: 'core' } });
    await vi.waitFor(() =>
      expect(engine.asked.some((path) => path.startsWith(`/containers/${'c'.repeat(64)}`))).toBe(true),
    );
    const { resourceLogs } = await scraper.collect({ timeoutMs: 5000 });
    const records = resourceLogs.flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) =>
        logRecords.map(({ body, eventName, attributes }) => ({ of: resource.attributes, body, eventName, attributes })),
      ),
    );
    const { attributes: of } = first.resourceMetrics[0]!.resource;
    const killed = { 'container.exit_code': 137, 'container.exit_reason': 'oom_killed' };
    expect(records).toEqual([
      { of, body: 'web ran out of memory.', eventName: 'container.oom', attributes: {} },
      { of, body: 'web ended with exit code 137.', eventName: 'container.die', attributes: killed },
      {
        of: {
          'container.id': 'c'.repeat(64),
          'container.name': 'brief',
          'container.image.name': 'shop/web:1.4',
          'container.runtime': 'docker',
        },
        body: 'brief ended with exit code 1.',
        eventName: 'container.die',
        attributes: { 'container.exit_code': 1, 'container.exit_reason': 'error' },
      },
    ]);
    expect((await scraper.collect({ timeoutMs: 5000 })).resourceLogs).toEqual([]);
  });
});

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
      await vi.waitFor(async () => expect((await scrape()).text).toMatch(/cpu.utilization.* 150 1$/m));
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
    await vi.waitFor(() => expect(engine.asked.filter((path) => path.endsWith('/json')).length).toBeGreaterThan(1));
    await vi.waitFor(async () => expect((await scrape()).text).toMatch(/usage.total.* 9500000000 ns/));
    const { resourceMetrics } = await scraper.collect({ timeoutMs: 5000 });
    const { startTime } = resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!;
    expect(startTime[0]).toBe(Date.UTC(2026, 10, 21, 13) / 1000);
  });
});

describe('where numbers come from', () => {
  const said = (context: TestContext) => context.lines.map(({ message }) => message);

  it('is told once: cgroups', async () => {
    const { scrape, context } = await open(await engineWith([web]), { root_path: host(hostV2(id)) });
    await scrape();
    await scrape();
    expect(said(context)).toEqual(['The numbers of containers are read from cgroups.']);
  });

  it.each([
    { name: 'there are no cgroups', files: { 'proc/stat': '' }, reason: /There are no cgroups at/ },
    {
      name: 'the process id is of another machine',
      files: { ...hostV2('9'.repeat(64)), 'proc/4242/cgroup': '0::/system.slice/ssh.service\n' },
      reason: /There is no cgroup of that container here/,
    },
  ])('is the API where $name', async ({ files, reason }) => {
    const other = 'e'.repeat(64);
    const engine = await engineWith([web, another(web, other, 'other')]);
    const { scrape, context } = await open(engine, { root_path: host(files) });
    const { text, errors } = await scrape();
    await scrape();
    expect(errors).toEqual([]);
    expect(text).toMatch(/name="other".*usage.total|usage.total.*name="other"/);
    expect(said(context)).toEqual([
      'The numbers of a container are taken from the statistics of the API, which costs the engine more.',
    ]);
    expect(context.lines[0]!.fields).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('with stats_source cgroup is nowhere else', async () => {
    const engine = await engineWith([web]);
    const { scrape } = await open(engine, { root_path: host({ 'proc/stat': '' }), stats_source: 'cgroup' });
    const { text, errors } = await scrape();
    expect(text.trim()).toBe('');
    expect(errors.join()).toMatch(/could not be read from cgroups: There are no cgroups/);
    expect(engine.asked.some((path) => path.includes('/stats'))).toBe(false);
  });

  it('goes on from cgroups while the engine is down, which is told', async () => {
    const engine = await engineWith([web]);
    const { scrape } = await open(engine, { root_path: host(hostV2(id)) });
    await scrape();
    await engine.stop();
    await vi.waitFor(async () => expect((await scrape()).errors).toHaveLength(1));
    const { text, errors } = await scrape();
    expect(errors[0]).toMatch(/engine/);
    expect(text).toMatch(/container.cpu.usage.total.* 7500001000 ns/);
    await engine.start();
    await vi.waitFor(async () => expect((await scrape()).errors).toEqual([]), { timeout: 5000 });
  });
});

describe.each(['one_shot', 'stream'])('the statistics of the API, %s', (apiStats) => {
  const many = Array.from({ length: 30 }, (_, index) => another(web, String(index).padStart(64, 'd'), `c${index}`));

  it('are asked for of all containers at once', async () => {
    const engine = await engineWith(many, { statsDelayMs: 100 });
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
    const began = performance.now();
    const { text, errors } = await scrape();
    expect(errors).toEqual([]);
    expect(text.match(/^container.cpu.usage.total/gm)).toHaveLength(30);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(engine.statsAtOnce).toBe(30);
  });

  it.each([
    { name: 'hangs', answer: () => {}, says: /did not answer GET .*stats.* within 500 ms/ },
    {
      name: 'is garbage',
      answer: (_: unknown, response: { end(text: string): void }) => response.end('<html>oops</html>\n'),
      says: /no JSON: <html>oops/,
    },
    {
      name: 'is refused',
      answer: (_: unknown, response: { writeHead(status: number): void; end(text: string): void }) => {
        response.writeHead(500);
        response.end('{"message":"cannot read cgroup"}');
      },
      says: /with 500: cannot read cgroup/,
    },
  ])('of one container that $name do not keep the others', async ({ answer, says }) => {
    const engine = await engineWith(many.slice(0, 3));
    engine.override(`/containers/${String(many[1]!.inspect['Id'])}/stats`, answer as never);
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
    const { text, errors } = await scrape();
    expect(text.match(/^container.cpu.usage.total.*/gm)!.join('\n')).toMatch(/c0"[^]*c2"/);
    expect(text).not.toContain('c1"');
    expect(errors).toEqual([expect.stringMatching(says)]);
  });

  it('of a container that is just gone are no error', async () => {
    const engine = await engineWith(many.slice(0, 2));
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
    engine.override(`/containers/${String(many[1]!.inspect['Id'])}/stats`, (_request, response) => {
      response.writeHead(404);
      response.end('{"message":"No such container"}');
    });
    const { text, errors } = await scrape();
    expect(errors).toEqual([]);
    expect(text).toContain('c0"');
  });

  it('that do not come in time cost those alone', async () => {
    const engine = await engineWith(many.slice(0, 3));
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats, request_timeout: '10s' });
    engine.override(`/containers/${String(many[1]!.inspect['Id'])}/stats`, () => {});
    const { text, errors } = await scrape({ timeoutMs: 600 });
    expect(text).toMatch(/c0"[^]*c2"/);
    expect(errors).toEqual([expect.stringMatching(/did not end within its timeout of 600ms/)]);
  });
});

describe('an engine of another age', () => {
  const aged = (newest: string, oldest?: string) => {
    const { MinAPIVersion: _, ...version } = captured('docker-20.10-cgroup-v1', 'version');
    return { ...version, ApiVersion: newest, ...(oldest !== undefined && { MinAPIVersion: oldest }) };
  };

  it.each([
    { name: 'old', version: aged('1.24'), stats: /stats\?stream=false$/ },
    { name: 'new, which takes nothing below 1.44', version: aged('1.52', '1.44'), stats: /one-shot=true$/ },
    { name: 'of the future', version: aged('1.99', '1.44'), stats: /one-shot=true$/ },
  ])('is understood: $name', async ({ version, stats }) => {
    const engine = await engineWith([web], { version });
    const { text, errors } = await (await open(engine, { stats_source: 'api' })).scrape();
    expect(errors).toEqual([]);
    expect(text).toContain('container.cpu.usage.total');
    expect(engine.asked.filter((path) => path.includes('/stats'))).toEqual([expect.stringMatching(stats)]);
  });

  it('that does not speak the pinned version says so', async () => {
    const engine = await engineWith([web]);
    const { errors } = await (await open(engine, { api_version: '1.44' })).scrape();
    expect(errors).toEqual(['api_version is 1.44, and the engine speaks 1.41 at most.']);
  });
});

describe('many containers that come and go', () => {
  it('leave nothing behind', async () => {
    const engine = await engineWith([]);
    const { scrape } = await open(engine, { stats_source: 'api' });
    await scrape();
    let [begun, ended] = [0, 0];
    for (let wave = 0; wave < 5; wave++) {
      const ids = Array.from({ length: 100 }, (_, index) => String(wave * 100 + index).padStart(64, 'a'));
      for (const one of ids) {
        engine.containers.set(one, another(web, one, `c${Number(one.replaceAll('a', ''))}`));
        engine.emit('start', one);
      }
      await vi.waitFor(() =>
        expect(engine.asked.filter((path) => path.endsWith('/json')).length).toBe((wave + 1) * 100),
      );
      const { text } = await scrape();
      begun += text.match(/^container.cpu.usage.total.* \d+ ns$/gm)?.length ?? 0;
      ended += text.match(/^container.cpu.usage.total.* ended ns$/gm)?.length ?? 0;
      for (const one of ids) {
        engine.containers.delete(one);
        engine.emit('destroy', one);
      }
    }
    await vi.waitFor(async () => {
      ended += (await scrape()).text.match(/^container.cpu.usage.total.* ended ns$/gm)?.length ?? 0;
      expect(ended).toBe(begun);
    });
    expect(begun).toBeGreaterThan(490);
    expect((await scrape()).text.trim()).toBe('');
  });
});

describe('an engine that is not there', () => {
  it('is waited for', async () => {
    const engine = await engineWith([web]);
    await engine.stop();
    const { scrape, context } = await open(engine, { stats_source: 'api' });
    const { text, errors } = await scrape();
    expect(text.trim()).toBe('');
    expect(errors).toEqual([expect.stringMatching(/There is no engine at unix:/)]);
    await engine.start();
    await vi.waitFor(async () => expect((await scrape()).text).toContain('container.cpu.usage.total'), {
      timeout: 5000,
    });
    expect(context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('that hangs when it is asked does not hold the scrape', async () => {
    const engine = await engineWith([web]);
    engine.override('/', () => {});
    const { scrape } = await open(engine);
    expect((await scrape()).errors).toEqual([expect.stringMatching(/did not answer GET \/version within 500 ms/)]);
  });
});

// What happens to containers of a real engine: each is seen at the next scrape, and what is gone has ended.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Container, type ContainerOptions, runContainer } from './containers.ts';
import { image, tryDocker } from './engine.ts';
import { enabled, type Reading, type Scraping, startScraping } from './pipeline.ts';

const engine = await tryDocker();
const states = 'include: { states: [created, running, paused, restarting, exited, dead] }';
const wanted = enabled([
  'container.status',
  'container.health',
  'container.exit_code',
  'container.restarts',
  'container.uptime',
  'container.pids.count',
]);
const sources = ['docker_stats/cgroup', 'docker_stats/api'] as const;

describe.skipIf(!engine)('the life of containers', () => {
  let scraping: Scraping;
  const made: Container[] = [];
  const run = async (options: ContainerOptions): Promise<Container> => {
    const container = await runContainer(engine!, options);
    made.push(container);
    return container;
  };

  beforeAll(async () => {
    const endpoint = `endpoint: '${engine!.endpoint}'`;
    const labels =
      'container_labels_to_metric_labels: { com.example.tier: tier }, env_vars_to_metric_labels: { REGION: cloud.region }';
    scraping = await startScraping({
      'docker_stats/cgroup': `${endpoint}, stats_source: cgroup, ${states}, ${labels}, ${wanted}`,
      'docker_stats/api': `${endpoint}, stats_source: api, api_stats: stream, ${states}, ${wanted}`,
      'docker_stats/included': `${endpoint}, stats_source: cgroup, include: { labels: ['com.example.tier=web'], names: ['/^a/'] }`,
      'docker_stats/excluded': `${endpoint}, stats_source: cgroup, exclude: { names: ['a-*'] }`,
      'docker_stats/image': `${endpoint}, stats_source: cgroup, excluded_images: ['millrace-*']`,
      cgroup: '',
    });
  });
  afterEach(() => Promise.all(made.splice(0).map((container) => container.remove().catch(() => {}))));
  afterAll(async () => {
    await scraping?.stop();
    await engine?.stop();
  }, 60_000);

  const status = (reading: Reading, name: string): unknown =>
    reading.points(name, 'container.status').find(({ ended }) => !ended)?.attributes.status;
  const live = (reading: Reading, name: string): number => reading.points(name).filter(({ ended }) => !ended).length;

  it('is paused, and goes on', async () => {
    const { id, name, post } = await run({ name: 'pauses', steps: 'wait' });
    for (const [action, state] of [
      ['pause', 'paused'],
      ['unpause', 'running'],
    ] as const) {
      await post(action);
      const readings = await scraping.until((all) =>
        sources.every((one) => status(all[one]!, name) === state && live(all[one]!, name) > 10),
      );
      for (const source of sources) {
        expect(readings[source]!.value(name, 'container.pids.count'), source).toBe(1);
        expect(readings[source]!.points(name, 'container.status').filter(({ ended }) => !ended)).toHaveLength(1);
      }
      expect(readings.cgroup!.value(id, 'container.pids.count')).toBe(1);
    }
  });

  it('is restarted: its counters begin anew, and so does their start time', async () => {
    const container = await run({ name: 'again', steps: 'user 200 wait user 400 wait' });
    await container.report();
    await container.go();
    await container.report(2);
    const metric = 'container.cpu.usage.total';
    const before = await scraping.until((all) => sources.every((one) => all[one]!.value('again', metric) > 550e6));
    const started = Date.parse((await container.inspect()).State.StartedAt);
    await container.restart();
    await container.report();
    const startedAgain = Date.parse((await container.inspect()).State.StartedAt);
    expect(startedAgain).toBeGreaterThan(started);
    const once = (cpu: number): boolean => cpu > 190e6 && cpu < 400e6;
    const after = await scraping.until((all) => sources.every((one) => once(all[one]!.value('again', metric))));
    for (const source of sources) {
      const starts = (reading: Reading): readonly number[] =>
        reading
          .points('again', metric)
          .filter(({ ended }) => !ended)
          .map(({ startTimeMs }) => startTimeMs);
      expect(starts(before[source]!), source).toEqual([expect.closeTo(started, -2)]);
      expect(starts(after[source]!), source).toEqual([expect.closeTo(startedAgain, -2)]);
      expect(after[source]!.value('again', 'container.uptime')).toBeLessThan(10);
    }
    const { id } = container;
    expect(after.cgroup!.value(id, 'container.cpu.time')).toBeLessThan(0.4);
    expect(after.cgroup!.value(id, 'container.cpu.time')).toBeGreaterThan(0.19);
    const [point] = after.cgroup!.points(id, 'container.cpu.time');
    expect(point!.startTimeMs).toBeGreaterThan(started);
  });

  it('is renamed: the series of the old name end', async () => {
    const { post } = await run({ name: 'before', steps: 'wait' });
    await scraping.until((all) => sources.every((one) => live(all[one]!, 'before') > 10));
    await post('rename?name=after');
    let ended = 0;
    await scraping.until((all) => {
      ended += all['docker_stats/cgroup']!.points('before').filter((point) => point.ended).length;
      return sources.every((one) => live(all[one]!, 'after') > 10 && live(all[one]!, 'before') === 0);
    });
    expect(ended).toBeGreaterThan(10);
  });

  it('is removed: all its series end, once', async () => {
    const container = await run({ name: 'leaves', steps: 'wait' });
    const receivers = [...sources, 'cgroup'];
    const there = await scraping.until((all) => receivers.every((one) => live(all[one]!, container.id) > 10));
    await container.remove();
    const ended = new Map(receivers.map((one) => [one, 0]));
    await scraping.until((all) => {
      for (const one of receivers)
        ended.set(one, ended.get(one)! + all[one]!.points(container.id).filter((point) => point.ended).length);
      return receivers.every((one) => live(all[one]!, container.id) === 0);
    });
    const after = await scraping.scrape();
    for (const one of receivers) {
      expect(ended.get(one), one).toBeGreaterThanOrEqual(live(there[one]!, container.id));
      expect(after[one]!.points(container.id), one).toEqual([]);
    }
  });

  it('ends by itself, is killed for its memory, is started again by its policy', async () => {
    const [killed, failing] = await Promise.all([
      run({ name: 'killed', steps: `memory ${64 << 20} wait`, host: { Memory: 16 << 20 } }),
      run({ name: 'fails', steps: 'exit 3', host: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } }),
    ]);
    const { State: state } = await killed.until(({ State: { Status: is } }) => is === 'exited');
    expect(state).toMatchObject({ ExitCode: 137 });
    await failing.until(({ State: { Status: is }, RestartCount: count }) => is === 'exited' && count === 2);
    const readings = await scraping.until((all) =>
      sources.every((one) => ['killed', 'fails'].every((name) => status(all[one]!, name) === 'exited')),
    );
    for (const source of sources) {
      const value = (name: string, metric: string): number => readings[source]!.value(name, `container.${metric}`);
      expect(value('killed', 'exit_code'), source).toBe(137);
      expect(value('fails', 'exit_code'), source).toBe(3);
      expect(value('fails', 'restarts'), source).toBe(2);
      expect(readings[source]!.points('killed', 'container.memory.usage.total').filter(({ ended }) => !ended)).toEqual(
        [],
      );
    }
  });

  it('is healthy, until it is not', async () => {
    const healthcheck = { Test: ['CMD', 'test', '!', '-e', '/tmp/ill'], Interval: 300e6, Timeout: 2e9, Retries: 1 };
    const container = await run({ name: 'ails', steps: 'wait', more: { Healthcheck: healthcheck } });
    const health = (state: string) => (all: Readonly<Record<string, Reading>>) =>
      sources.every((one) => all[one]!.value('ails', 'container.health', { status: state }) === 1);
    await scraping.until(health('healthy'));
    await container.exec(['touch', '/tmp/ill']);
    await scraping.until(health('unhealthy'));
  });

  it('has labels and environment variables as attributes, and is chosen by them', async () => {
    const [web, other] = await Promise.all([
      run({ name: 'a-web', steps: 'wait', labels: { 'com.example.tier': 'web' }, env: ['REGION=eu-1', 'SECRET=x'] }),
      run({ name: 'b-web', steps: 'wait', labels: { 'com.example.tier': 'web' } }),
    ]);
    const readings = await scraping.until(
      (all) =>
        [web, other].every(({ id }) => [...sources, 'cgroup'].every((one) => live(all[one]!, id) > 10)) &&
        live(all['docker_stats/included']!, 'a-web') > 0 &&
        live(all['docker_stats/excluded']!, 'b-web') > 0,
    );
    const [point] = readings['docker_stats/cgroup']!.points('a-web', 'container.cpu.usage.total');
    expect(point!.resource).toEqual({
      'container.id': web.id,
      'container.name': 'a-web',
      'container.image.name': image,
      'container.hostname': web.id.slice(0, 12),
      'container.runtime': 'docker',
      tier: 'web',
      'cloud.region': 'eu-1',
    });
    const seen = (receiver: string): readonly string[] =>
      [web, other].map(({ name }) => name).filter((name) => live(readings[receiver]!, name) > 0);
    expect(seen('docker_stats/included')).toEqual(['a-web']);
    expect(seen('docker_stats/excluded')).toEqual(['b-web']);
    expect(seen('docker_stats/image')).toEqual([]);
    expect(seen('cgroup').length, 'the cgroup receiver knows ids').toBe(0);
    expect(readings.cgroup!.points(web.id).length).toBeGreaterThan(10);
  });

  it('nothing was warned of', () => expect(scraping.lines).toEqual([]));
});

// The shipped pipelines of containers, as the program runs them, against a real engine, Datadog's intake and a real InfluxDB.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FakeIntake, fakeIntake } from '../../../packages/exporters/datadog/testdata/fake-intake.ts';
import { type DecodedSeries, decodeSeries } from '../../../packages/exporters/datadog/testdata/payloads.ts';
import { hasInfluxd, type Influxd, startInfluxd } from '../../../packages/exporters/influxdb/testdata/influxd.ts';
import { closeAgents, createAgent, tags } from '../../../packages/receivers/mini-collector/testdata/agent.ts';
import { millrace, type Program, quietly } from '../program.ts';
import { type Container, runContainer } from './containers.ts';
import { tryDocker } from './engine.ts';

if (!hasInfluxd) console.warn('SKIPPED: influxd is not installed (Debian: apt-get install influxdb).');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const engine = await tryDocker();
const mebibyte = 1 << 20;

const set = (...settings: readonly string[]): string[] => settings.flatMap((one) => ['--set', one]);

describe.skipIf(!engine)('the shipped pipelines', () => {
  const programs: Program[] = [];
  const place = mkdtempSync(join(tmpdir(), 'millrace-containers-'));
  afterEach(async () => {
    for (const program of programs.splice(0)) expect(await program.stop()).toBe(0);
  });
  afterAll(async () => {
    await engine!.stop();
    rmSync(place, { recursive: true });
  }, 60_000);

  function start(file: string, settings: readonly string[], env: NodeJS.ProcessEnv): Program {
    const program = millrace(['run', file, ...quietly, ...set(...settings)], { env });
    programs.push(program);
    return program;
  }

  it('containers.yaml: what containers use, for Prometheus, and what happens to them, as log records', async () => {
    const web = await runContainer(engine!, {
      name: 'web',
      steps: `memory ${16 * mebibyte} user 60000`,
      labels: { 'com.docker.compose.service': 'shop' },
      host: { Memory: 64 * mebibyte, NanoCpus: 0.5e9 },
    });
    const program = start(
      'pipelines/containers.yaml',
      [
        'exporters.prometheus.endpoint=localhost:0',
        'receivers.docker_stats.collection_interval=1s',
        'receivers.cgroup.collection_interval=1s',
      ],
      { DOCKER_HOST: engine!.endpoint },
    );
    const [, url] = await program.saw(/url=(\S+)/);
    const page = async (): Promise<string> => (await fetch(url!)).text();
    const usage = /^container_cpu_usage\{[^}]*compose_service="shop"[^}]*container_name="web"[^}]*\} (0\.\d+)$/m;
    await expect.poll(page, { timeout: 15_000 }).toMatch(usage);
    const text = await page();
    expect(text).toMatch(/^container_memory_limit_bytes\{[^}]*container_name="web"[^}]*\} 67108864$/m);
    expect(text).toMatch(/^container_status\{[^}]*container_name="web"[^}]*status="running"[^}]*\} 1$/m);
    if (hasPromtool) {
      const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(`${stdout}${stderr}`).toBe('');
    }
    await web.remove();
    await program.saw(/container\.die web ended with exit code 137\./);
    await expect.poll(page, { timeout: 5_000 }).not.toMatch(/container_name="web"/);
  }, 40_000);

  describe.skipIf(!hasInfluxd)('of mini-collector', () => {
    const key = '0'.repeat(31) + '1';
    let influxd: Influxd;
    let intake: FakeIntake;
    beforeAll(async () => {
      intake = await fakeIntake([key]);
      influxd = await startInfluxd();
      await influxd.query('create database metrics');
    });
    afterAll(async () => {
      closeAgents();
      await intake.stop();
      await influxd.stop();
    });

    /** The last value of each metric of a container, as Datadog has it. */
    function sent(container: string): Record<string, number> {
      const values: Record<string, number> = {};
      for (const { path, raw } of intake.received) {
        if (path !== '/api/v2/series') continue;
        for (const { metric, tags: has = [], points } of decodeSeries(raw) as readonly DecodedSeries[])
          if (has.includes(`container:${container}`)) values[metric] = points.at(-1)!.value ?? 0; // proto3 does not write a zero
      }
      return values;
    }

    it('agent and aggregator: to Datadog as enclave.*, to InfluxDB as the measurement metrics', async () => {
      const container = await runContainer(engine!, {
        name: 'burns',
        steps: `memory ${40 * mebibyte} user 60000`,
        host: { Memory: 100 * mebibyte, NanoCpus: 0.2e9, PidsLimit: 20 },
      });
      const quickly = ['datadog', 'influxdb'].map((id) => `exporters.${id}.sending_queue.batch.flush_timeout=100ms`);
      const aggregator = start('pipelines/mini-collector-aggregator.yaml', quickly, {
        MILLRACE_STATE: place,
        MILLRACE_AGGREGATOR: '127.0.0.1:0',
        MILLRACE_GRPC: '127.0.0.1:0',
        DD_API_KEY: key,
        DD_URL: intake.url,
        INFLUXDB_URL: influxd.endpoint,
      });
      const [, ofAgents] = await aggregator.saw(/receiver=mini_collector endpoint=127\.0\.0\.1:(\d+)/);
      const [, otlp] = await aggregator.saw(/receiver=otlp endpoint=127\.0\.0\.1:(\d+)/);

      // One of the agents that are in the field,
      const { code } = await createAgent(Number(ofAgents)).publish({
        unix_time: Math.floor(Date.now() / 1000),
        running: true,
        milli_cpu_usage: 502,
        memory_total_mb: 310,
        disk_read_kbps: 786,
        disk_read_iops: 30,
        disk_usage_mb: -1,
        disk_limit_mb: -1,
      });
      expect(code).toBe(0);
      // and what replaces them.
      const agent = start('pipelines/mini-collector-agent.yaml', ['receivers.cgroup.collection_interval=1s'], {
        MINI_COLLECTOR_REMOTE_ADDRESS: `127.0.0.1:${otlp}`,
        MINI_COLLECTOR_CONTAINER_ID: container.id,
        MINI_COLLECTOR_ENVIRONMENT_NAME: 'production',
        MINI_COLLECTOR_SERVICE_NAME: 'burner',
        MINI_COLLECTOR_MOUNT_PATH: '/',
      });
      await agent.saw(/Everything has started/);

      await expect
        .poll(() => sent(tags.container), { timeout: 10_000 })
        .toMatchObject({
          'enclave.running': 1,
          'enclave.milli_cpu_usage': 502,
          'enclave.memory_total_mb': 310,
          'enclave.disk_read_kbps': 786,
          'enclave.disk_read_iops': 30,
        });
      expect(sent(tags.container)).not.toHaveProperty('enclave.disk_usage_mb');
      const ours = (): Record<string, number> => sent(container.id);
      await expect.poll(() => ours()['enclave.disk_write_kbps'], { timeout: 10_000 }).toBeDefined();
      await expect.poll(() => ours()['enclave.milli_cpu_usage'], { timeout: 10_000 }).toBeGreaterThan(50);
      const now = ours();
      expect(now['enclave.milli_cpu_usage']).toBeLessThan(230);
      expect(now['enclave.milli_cpu_limit']).toBe(200);
      expect(now['enclave.memory_rss_mb']).toBeGreaterThanOrEqual(40);
      expect(now['enclave.memory_rss_mb']).toBeLessThan(44);
      expect(now['enclave.memory_total_mb']).toBeGreaterThanOrEqual(now['enclave.memory_rss_mb']!);
      expect(now).toMatchObject({
        'enclave.running': 1,
        'enclave.memory_limit_mb': 100,
        'enclave.pids_current': 1,
        'enclave.pids_limit': 20,
        'enclave.disk_read_iops': 0,
      });
      expect(now['enclave.disk_usage_mb']).toBeGreaterThan(0);
      expect(now['enclave.disk_limit_mb']).toBeGreaterThan(now['enclave.disk_usage_mb']!);
      for (const value of Object.values(now)) expect(Number.isInteger(value)).toBe(true);
      expect(Object.keys(now).every((name) => name.startsWith('enclave.'))).toBe(true);

      checkTags(intake, container);
      await checkInflux(influxd, container);

      await container.remove();
      await expect
        .poll(ours, { timeout: 10_000 })
        .toMatchObject({ 'enclave.running': 0, 'enclave.milli_cpu_usage': 0, 'enclave.memory_total_mb': 0 });
      await expect.poll(ours).toMatchObject({ 'enclave.disk_write_kbps': 0, 'enclave.pids_current': 0 });
      expect(intake.violations).toEqual([]);
    }, 60_000);
  });
});

function checkTags(intake: FakeIntake, { id }: Container): void {
  const all = intake.received
    .filter(({ path }) => path === '/api/v2/series')
    .flatMap(({ raw }) => decodeSeries(raw) as readonly DecodedSeries[]);
  const one = all.find(({ tags: has = [] }) => has.includes(`container:${id}`))!;
  expect(one).toMatchObject({ type: 3, resources: [{ type: 'host', name: id.slice(0, 12) }] });
  expect(one.tags!.toSorted()).toEqual(
    [`container:${id}`, 'environment:production', `host:${id.slice(0, 12)}`, 'service:burner'].sort(),
  );
}

async function checkInflux(influxd: Influxd, { id }: Container): Promise<void> {
  const fields = 'running, milli_cpu_usage, memory_limit_mb, pids_limit';
  const rows = async (container: string) =>
    (await influxd.query(`select ${fields} from metrics where container = '${container}'`, { db: 'metrics' }))[0]
      ?.rows ?? [];
  await expect
    .poll(async () => (await rows(id)).at(-1), { timeout: 10_000 })
    .toMatchObject({ running: 'true', memory_limit_mb: '100', pids_limit: '20' });
  expect((await rows(tags.container))[0]).toMatchObject({ running: 'true', milli_cpu_usage: '502' });
  const [types] = await influxd.query('show field keys from metrics', { db: 'metrics' });
  const typeOf = Object.fromEntries(types!.rows.map((row) => [row['fieldKey'], row['fieldType']]));
  expect(typeOf['"running"']).toBe('"boolean"');
  expect(new Set(Object.entries(typeOf).flatMap(([name, type]) => (name === '"running"' ? [] : [type])))).toEqual(
    new Set(['"integer"']),
  );
}

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Component, Consumer, InputOf, ResourceMetrics } from '@millrace/core';
import { endSeries, hrTime, metricsBatch, resolveConfig } from '@millrace/core';
import { freePort, testContext } from '@millrace/core/testing';
import { evil, gauge, point, resource, shop } from '../../../libraries/prometheus-text/testdata/metrics.ts';
import definition from './index.ts';

// Debian's package prometheus has both. MILLRACE_PROMETHEUS_DIR is for one that is only unpacked.
const folders = [process.env['MILLRACE_PROMETHEUS_DIR'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
const found = (name: string): string | undefined =>
  folders.map((folder) => join(folder, name)).find((path) => path.startsWith('/') && existsSync(path));
const prometheus = found('prometheus');
const promtool = found('promtool');
for (const [name, path] of Object.entries({ prometheus, promtool }))
  if (!path) console.warn(`SKIPPED: the tests with ${name}, which is neither on PATH nor in MILLRACE_PROMETHEUS_DIR.`);

describe.skipIf(!promtool)('promtool', () => {
  const folder = join(import.meta.dirname, '../../../libraries/prometheus-text/testdata');

  test('can read every page of the 0.0.4 format', async () => {
    const pages = (await readdir(folder)).filter((name) => /^\w+\.prometheus\.txt$/.test(name));
    expect(pages.length).toBeGreaterThan(1);
    for (const name of pages) {
      const { status, stderr } = spawnSync(promtool!, ['check', 'metrics'], {
        input: await readFile(join(folder, name)),
      });
      // 3: it can be read, and promtool has advice on names.
      expect([0, 3], `${name}: ${String(stderr)}`).toContain(status);
    }
  });

  test('knows an invalid page when it sees one', () => {
    expect(spawnSync(promtool!, ['check', 'metrics'], { input: 'a{1x="y"} 1\n' }).status).toBe(1);
  });
});

describe.skipIf(!prometheus)('a Prometheus server', () => {
  const exporters: Record<string, { input: InputOf<typeof definition.config>; component?: Component & Consumer }> = {
    default: { input: {} },
    text: { input: { enable_open_metrics: false } },
    utf8: { input: { translation_strategy: 'NoTranslation', without_scope_info: true } },
    processes: { input: { resource_constant_labels: { included: ['process.pid'] }, const_labels: { site: 'test' } } },
  };
  let server: ChildProcess;
  let folder: string;
  let api: string;
  let log = '';

  const component = (name: string): Component & Consumer => exporters[name]!.component!;
  const processMetrics = (pid: number): ResourceMetrics =>
    resource({ 'process.pid': pid }, [gauge({ name: 'process.memory.usage', unit: 'By' }, point(pid))]);

  interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: [number, string];
  }

  async function query(expression: string): Promise<Sample[]> {
    const response = await fetch(`${api}/query?query=${encodeURIComponent(expression)}`);
    const { data } = (await response.json()) as { data: { result: Sample[] } };
    return data.result;
  }

  async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
    for (let tries = 0; tries < 100; tries += 1) {
      const seen = await look().catch(() => undefined);
      if (seen) return seen;
      await sleep(100);
    }
    throw new Error(`It did not happen within 10 s. Prometheus says:\n${log}`);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
    const jobs: string[] = [];
    for (const [name, exporter] of Object.entries(exporters)) {
      const context = testContext({ id: name });
      const config = resolveConfig(definition.config, { endpoint: '127.0.0.1:0', ...exporter.input });
      exporter.component = definition.create(config, context);
      await exporter.component.start?.();
      const { host } = new URL((context.lines.at(-1)!.fields as { url: string }).url);
      jobs.push(`  - { job_name: ${name}, honor_labels: true, static_configs: [{ targets: ['${host}'] }] }`);
      const data = name === 'processes' ? Array.from({ length: 1000 }, (_, pid) => processMetrics(pid)) : [shop, evil];
      await exporter.component.consume(metricsBatch(data));
    }
    const config = join(folder, 'prometheus.yml');
    await writeFile(config, `global: { scrape_interval: 500ms }\nscrape_configs:\n${jobs.join('\n')}\n`);
    const address = `127.0.0.1:${await freePort()}`;
    api = `http://${address}/api/v1`;
    server = spawn(prometheus!, [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
    ]);
    server.stderr!.on('data', (text: Buffer) => (log += text.toString()));
    await until(async () => (await query('up')).length === Object.keys(exporters).length);
  });

  afterAll(async () => {
    if (server) {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
    }
    for (const { component: one } of Object.values(exporters)) await one?.shutdown?.(AbortSignal.timeout(1000));
    await rm(folder, { recursive: true, force: true });
  });

  test('finds every target up', async () => {
    const targets = await until(async () => {
      const response = await fetch(`${api}/targets`);
      const { data } = (await response.json()) as { data: { activeTargets: { lastError: string; health: string }[] } };
      return data.activeTargets.every(({ health }) => health !== 'unknown') && data.activeTargets;
    });
    expect(targets.map(({ health, lastError }) => ({ health, lastError }))).toEqual(
      targets.map(() => ({ health: 'up', lastError: '' })),
    );
  });

  test('reads the values', async () => {
    const [sample] = await until(async () => {
      const seen = await query('http_server_requests_total{http_method="GET"}');
      return seen.length > 0 && seen;
    });
    expect(sample!.value[1]).toBe('1027');
    expect(sample!.metric).toMatchObject({ job: 'shop/checkout', instance: 'i-1', http_status_code: '200' });
    expect((await query('histogram_quantile(0.4, http_server_duration_seconds_bucket)')).length).toBeGreaterThan(0);
    expect((await query('labels{quote="\\""}'))[0]!.metric).toMatchObject({
      backslash: '\\',
      newline: 'a\nb',
      half: '\ufffd',
      nul: 'a\ufffdb',
    });
  });

  test('reads exemplars', async () => {
    const exemplars = await until(async () => {
      const response = await fetch(`${api}/query_exemplars?query=http_server_requests_total&start=0&end=9999999999`);
      const { data } = (await response.json()) as { data: { exemplars: { labels: object }[] }[] };
      return data.length > 0 && data[0]!.exemplars;
    });
    expect(exemplars[0]!.labels).toMatchObject({ trace_id: '0af7651916cd43dd8448eb211c80319c' });
  });

  test('drops a series at the scrape after it has ended', async () => {
    await until(async () => (await query('process_memory_usage_bytes{site="test"}')).length === 1000);
    await component('processes').consume(metricsBatch([endSeries(processMetrics(7), hrTime(Date.now()))]));
    await until(async () => (await query('process_memory_usage_bytes{site="test"}')).length === 999);
    expect(await query('process_memory_usage_bytes{process_pid="7"}')).toEqual([]);
    expect((await query('process_memory_usage_bytes{process_pid="8"}'))[0]!.metric).toMatchObject({ site: 'test' });
  });

  // Once in many runs Prometheus called one scrape out of order, probably for the machine's clock; what a page does wrong, it says
  // at each scrape, so it is asked a second time.
  let looked = 0;
  let rejectedBefore = 0;
  test('complains of nothing', { retry: 1 }, async () => {
    const scraped = async (): Promise<number> => Number((await query('sum(count_over_time(up[1h]))'))[0]!.value[1]);
    const before = await scraped();
    await until(async () => (await scraped()) > before + 4);
    const said = log.slice(looked).split('\n');
    looked = log.length;
    const [rejected] = await query('sum({__name__=~"prometheus_target_scrapes_sample_(duplicate|out_of).*"})');
    const more = Number(rejected?.value[1] ?? 0) - rejectedBefore;
    rejectedBefore += more;
    expect([said.filter((line) => /level=(?:warn|error)/.test(line)), more]).toEqual([[], 0]);
    // In one query, which is of one moment.
    const lost = await query('scrape_samples_scraped - scrape_samples_post_metric_relabeling');
    expect(lost.map(({ value }) => value[1])).toEqual(Object.keys(exporters).map(() => '0'));
  });
});

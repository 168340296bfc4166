import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { freePort } from '@millrace/core/testing';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { millrace, type Program, quietly, root } from './program.ts';

const found = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const hasPrometheus = found('prometheus') && found('promtool');
if (!hasPrometheus)
  console.warn('SKIPPED: prometheus and promtool are not installed (Debian: apt-get install prometheus).');

/** Those of containers are tried in test/e2e/docker, that of ResLens in reslens.test.ts. */
const served = globSync('pipelines/*.yaml', { cwd: root }).filter((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return text.includes('\n  prometheus:') && text.includes('\n  procfs:') && !text.includes('kv_service');
});

describe.skipIf(!hasPrometheus)('the page of every shipped pipeline', () => {
  const programs = new Map<string, { program: Program; url: string }>();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'));
  let prometheus: ChildProcess;
  let log = '';
  let api = '';

  beforeAll(async () => {
    for (const file of served) {
      const program = millrace([
        ...['run', file, ...quietly, '--set', 'exporters.prometheus.endpoint=localhost:0'],
        ...['--set', 'receivers.procfs.collection_interval=1s'],
      ]);
      const [, url] = await program.saw(/url=(\S+)/);
      programs.set(basename(file), { program, url: url! });
    }
    const jobs = [...programs].map(([name, { url }]) => ({
      job_name: name,
      static_configs: [{ targets: [new URL(url).host] }],
    }));
    const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    const port = await freePort();
    api = `http://localhost:${port}/api/v1`;
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=localhost:${port}`,
        '--log.level=debug',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    prometheus.stderr!.setEncoding('utf8').on('data', (text: string) => (log += text));
  }, 60_000);
  afterAll(async () => {
    prometheus.kill();
    await once(prometheus, 'close');
    for (const { program } of programs.values()) expect(await program.stop()).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it.each(served.map((file) => basename(file)))('%s passes promtool check metrics', async (name) => {
    const { url } = programs.get(name)!;
    const page = async (): Promise<string> => (await fetch(url)).text();
    await expect.poll(page, { timeout: 10_000 }).toMatch(/^(process|herakles|namedprocess)_\w+\{/m);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await page(),
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it('is scraped by a real Prometheus: up, and no sample refused', async () => {
    interface Answer {
      data: { result: { metric: { job: string }; value: [number, string] }[] };
    }
    const query = async (text: string): Promise<Record<string, string>> => {
      const response = await fetch(`${api}/query?query=${encodeURIComponent(text)}`);
      const { data } = (await response.json()) as Answer;
      return Object.fromEntries(data.result.map(({ metric, value }) => [metric.job, value[1]]));
    };
    const all = Object.fromEntries([...programs.keys()].map((name) => [name, '1']));
    await expect.poll(() => query('up').catch(() => ({})), { timeout: 15_000 }).toEqual(all);
    // A few more scrapes, while processes come and go.
    await expect
      .poll(() => query('min_over_time(up[5s]) * (count_over_time(up[5s]) > bool 3)').catch(() => ({})), {
        timeout: 15_000,
      })
      .toEqual(all);
    expect(log).not.toMatch(/Error on ingesting|duplicate|Append failed|out of order/i);
  }, 40_000);
});

it('pipelines/host-otlp.yaml arrives at an OTLP server, processes as resources', async () => {
  const schema = await protobuf.load(join(root, 'packages/libraries/otlp/testdata/otlp.proto'));
  const request = schema.lookupType('ExportMetricsServiceRequest');
  const received = Promise.withResolvers<Buffer>();
  const server = new Server();
  const raw = { requestSerialize: (x: Buffer) => x, requestDeserialize: (x: Buffer) => x };
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
        requestStream: false,
        responseStream: false,
        ...raw,
        responseSerialize: (x: Buffer) => x,
        responseDeserialize: (x: Buffer) => x,
      },
    },
    {
      export: (call: { request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        received.resolve(call.request);
        done(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('localhost:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const program = millrace(['run', 'pipelines/host-otlp.yaml', ...quietly], {
    env: { OTLP_ENDPOINT: `localhost:${port}` },
  });
  const decoded = request.toObject(request.decode(await received.promise), { longs: String }) as {
    resourceMetrics: {
      resource: { attributes: { key: string }[] };
      scopeMetrics: { metrics: { name: string }[] }[];
    }[];
  };
  const processes = decoded.resourceMetrics.filter(({ resource }) =>
    resource.attributes.some(({ key }) => key === 'process.pid'),
  );
  expect(processes.length).toBeGreaterThan(0);
  const names = new Set(
    processes.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name))),
  );
  for (const name of ['process.memory.usage', 'process.memory.pss', 'process.memory.uss', 'process.cpu.time'])
    expect(names).toContain(name);
  expect(await program.stop()).toBe(0);
  server.forceShutdown();
});

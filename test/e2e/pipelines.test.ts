import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOf, hasPrometheus, type Prometheus, startPrometheus } from './prometheus.ts';
import { millrace, type Program, quietly, root } from './program.ts';

/** Those of containers are tried in test/e2e/docker, that of ResLens in reslens.test.ts. */
const served = globSync('pipelines/*.yaml', { cwd: root }).filter((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return text.includes('\n  prometheus:') && text.includes('\n  procfs:') && !text.includes('kv_service');
});

describe.skipIf(!hasPrometheus)('the page of every shipped pipeline', () => {
  const programs = new Map<string, { program: Program; url: string }>();
  let prometheus: Prometheus;

  beforeAll(async () => {
    for (const file of served) {
      const program = millrace([
        ...['run', file, ...quietly, '--set', 'exporters.prometheus.endpoint=localhost:0'],
        ...['--set', 'receivers.procfs.collection_interval=1s'],
      ]);
      const [, url] = await program.saw(/url=(\S+)/);
      programs.set(basename(file), { program, url: url! });
    }
    prometheus = await startPrometheus(new Map([...programs].map(([name, { url }]) => [name, url])));
  }, 60_000);
  afterAll(async () => {
    await prometheus.stop();
    for (const { program } of programs.values()) expect(await program.stop()).toBe(0);
  });

  it.each(served.map((file) => basename(file)))('%s passes promtool check metrics', async (name) => {
    const { url } = programs.get(name)!;
    const page = async (): Promise<string> => (await fetch(url)).text();
    await expect.poll(page, { timeout: 10_000 }).toMatch(/^(process|herakles|namedprocess)_\w+\{/m);
    expect(complaintsOf(await page())).toEqual([]);
  });

  it('is scraped by a real Prometheus: up, and no sample refused', async () => {
    interface Answer {
      data: { result: { metric: { job: string }; value: [number, string] }[] };
    }
    const query = async (text: string): Promise<Record<string, string>> => {
      const response = await fetch(`${prometheus.api}/query?query=${encodeURIComponent(text)}`);
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
    expect(prometheus.log()).not.toMatch(/Error on ingesting|duplicate|Append failed|out of order/i);
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

// What it costs to know the numbers of 20 and of 200 containers: of this process, and of the engine that is asked.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { runContainer } from '../../e2e/docker/containers.ts';
import { type CpuOfEngine, type Engine, tryDocker } from '../../e2e/docker/engine.ts';
import { cpuMilliseconds } from '../../e2e/docker/namespaces.ts';
import { otelcolBinary, startOtelcol } from '../../peers/otelcol/index.ts';
import type { Scraped } from './lines.ts';

const sizes = (process.env.BENCH_CONTAINERS ?? '20,200').split(',').map(Number);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
/** To start the biggest number; where it would take longer, there is a table less. */
const startTimeoutMs = Number(process.env.BENCH_START_MS ?? 90_000);

interface Way {
  readonly name: string;
  readonly title: string;
  readonly child: Scraper;
  readonly scrapesARound: number;
}

/** CPU milliseconds of one scrape. */
interface Cost {
  readonly client: number;
  /** dockerd and containerd. */
  readonly engine: number;
  /** Those that containerd asks in its turn, one for each container. They are shown, and count for nothing. */
  readonly shims: number;
  readonly wall: number;
}

export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const engine = await tryDocker();
  if (!engine) throw new Error('bench containers: there is no Docker engine here.');
  const rows = [['per scrape, CPU ms', 'client', 'engine', '(shims)', 'ratio', 'a container', 'wall ms']];
  const json: Record<string, number> = {};
  try {
    let running = 0;
    let startingMs = 0;
    for (const size of sizes) {
      const expectedMs = running === 0 ? 0 : (startingMs / running) * (size - running);
      if (expectedMs > startTimeoutMs) {
        rows.push([`${size} containers: not started, it would take ${Math.round(expectedMs / 1000)} s`]);
        continue;
      }
      const began = performance.now();
      await startContainers(engine, running, size);
      startingMs += performance.now() - began;
      running = size;
      console.error(`bench containers: ${size} run after ${Math.round(startingMs / 1000)} s of starting.`);
      rows.push(...(await table(engine, size, json)));
    }
    json.ratio_to_stats_api = Math.max(...sizes.map((size) => json[`ratio_to_stats_api_${size}`] ?? 0));
    return { rows, json };
  } finally {
    await engine.stop();
  }
}

async function startContainers(engine: Engine, from: number, to: number): Promise<void> {
  const names = Array.from({ length: to - from }, (_, at) => `still-${from + at}`);
  const starter = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift())
      await runContainer(engine, { name, steps: 'memory 1000000', labels: { tier: name } });
  };
  await Promise.all([starter(), starter(), starter()]);
}

async function table(engine: Engine, size: number, json: Record<string, number>): Promise<string[][]> {
  const { endpoint } = engine;
  const ours = (settings: object): Scraper => scraper(['ours.ts', JSON.stringify({ endpoint, ...settings })]);
  const plain = (query: string): Scraper => scraper(['plain.ts', engine.socket, query]);
  const ways: Way[] = [
    { name: 'cgroup', title: 'docker_stats, from cgroups', child: ours({ stats_source: 'cgroup' }), scrapesARound: 30 },
    {
      name: 'one_shot',
      title: 'docker_stats, from the API, one_shot',
      child: ours({ stats_source: 'api', api_stats: 'one_shot' }),
      scrapesARound: 2,
    },
    { name: 'stats_api', title: 'plain client, stream=false', child: plain('stream=false'), scrapesARound: 2 },
    {
      name: 'stats_api_one_shot',
      title: 'plain client, stream=false&one-shot=true',
      child: plain('stream=false&one-shot=true'),
      scrapesARound: 2,
    },
  ];
  const costs = new Map<string, Cost[]>(ways.map(({ name }) => [name, []]));
  try {
    // Until the code is compiled and the files are open.
    for (const { child, scrapesARound } of ways) await child.scrape(2 * scrapesARound);
    for (let round = 0; round < rounds; round++)
      for (const { name, child, scrapesARound } of ways) {
        const since = cpuSince(engine);
        const { cpuMs, wallMs, containers } = await child.scrape(scrapesARound);
        // What the engine still does for it.
        await sleep(200);
        if (containers !== size) throw new Error(`${name} told of ${containers} containers, not of ${size}.`);
        const { daemons, shims } = since(scrapesARound);
        costs.get(name)!.push({ client: cpuMs, engine: daemons, shims, wall: wallMs });
      }
  } finally {
    for (const { child } of ways) await child.stop();
  }
  costs.set('stream', await streamed(ours({ stats_source: 'api', api_stats: 'stream' }), engine, size));

  const peer = await collector(engine);
  if (peer) costs.set('collector', [peer]);

  const total = ({ client, engine: spent }: Cost): number => client + spent;
  const middle = (name: string, of: (cost: Cost) => number): number => median(costs.get(name)!.map(of));
  const theirs = middle('stats_api', total);
  for (const name of costs.keys()) {
    json[`ms_a_container_${name}_${size}`] = middle(name, total) / size;
    json[`engine_ms_${name}_${size}`] = middle(name, (cost) => cost.engine);
    json[`shims_ms_${name}_${size}`] = middle(name, (cost) => cost.shims);
    json[`client_ms_${name}_${size}`] = middle(name, (cost) => cost.client);
  }
  json[`ratio_to_stats_api_${size}`] = middle('cgroup', total) / theirs;
  json[`ratio_to_stats_api_one_shot_${size}`] = middle('cgroup', total) / middle('stats_api_one_shot', total);
  json[`ratio_to_stats_api_with_shims_${size}`] =
    middle('cgroup', (cost) => total(cost) + cost.shims) / middle('stats_api', (cost) => total(cost) + cost.shims);
  if (peer) json[`ratio_to_collector_${size}`] = middle('cgroup', total) / total(peer);
  const titles = new Map([
    ...ways.map(({ name, title }) => [name, title] as const),
    ['stream', 'docker_stats, from the API, stream (a scrape each 10 s)'],
    ['collector', 'docker_stats of the OpenTelemetry Collector'],
  ]);
  return [
    [`${size} containers`],
    ...[...costs.keys()].map((name) => [
      titles.get(name)!,
      middle(name, (cost) => cost.client).toFixed(2),
      middle(name, (cost) => cost.engine).toFixed(1),
      middle(name, (cost) => cost.shims).toFixed(1),
      (middle(name, total) / theirs).toFixed(4),
      (middle(name, total) / size).toFixed(3),
      Number.isNaN(costs.get(name)![0]!.wall) ? '' : middle(name, (cost) => cost.wall).toFixed(0),
    ]),
  ];
}

/** A stream costs as long as it is open, whether it is scraped or not: counted for the default interval of ten seconds. */
async function streamed(child: Scraper, engine: Engine, size: number): Promise<Cost[]> {
  const intervalMs = 10_000;
  try {
    await child.scrape(1);
    await sleep(3000);
    const [since, own] = [cpuSince(engine), child.cpuMs()];
    await sleep(intervalMs);
    const { wallMs, containers } = await child.scrape(1);
    if (containers !== size) throw new Error(`stream told of ${containers} containers, not of ${size}.`);
    const { daemons, shims } = since(1);
    return [{ client: child.cpuMs() - own, engine: daemons, shims, wall: wallMs }];
  } finally {
    await child.stop();
  }
}

/** The OpenTelemetry Collector, where it is built: it polls by itself, so it is watched for some scrapes. */
async function collector(engine: Engine): Promise<Cost | undefined> {
  if (otelcolBinary() === undefined) return undefined;
  const [intervalMs, scrapes] = [5000, 4];
  const peer = await startOtelcol(`
receivers: { docker_stats: { endpoint: '${engine.endpoint}', api_version: '1.41', initial_delay: 0s, collection_interval: 5s } }
exporters: { file: { path: /dev/null } }
service: { telemetry: { metrics: { level: none } }, pipelines: { metrics: { receivers: [docker_stats], exporters: [file] } } }
`);
  try {
    // The first scrape is behind it, the second has not begun.
    await sleep(intervalMs - 500);
    const [since, own] = [cpuSince(engine), cpuMilliseconds(peer.pid)];
    await sleep(intervalMs * scrapes);
    const { daemons, shims } = since(scrapes);
    return { client: (cpuMilliseconds(peer.pid) - own) / scrapes, engine: daemons, shims, wall: Number.NaN };
  } finally {
    // Asked to end, it waits for the engine's events, and does not.
    process.kill(peer.pid, 'SIGKILL');
    await peer.stop().catch(() => {});
  }
}

/** What the engine has spent from now until the call, divided by so many. */
function cpuSince(engine: Engine): (scrapes: number) => CpuOfEngine {
  const before = engine.cpuMs();
  return (scrapes) => {
    const { daemons, shims } = engine.cpuMs();
    return { daemons: (daemons - before.daemons) / scrapes, shims: (shims - before.shims) / scrapes };
  };
}

interface Scraper {
  scrape(times: number): Promise<Scraped>;
  /** CPU milliseconds of it so far. */
  cpuMs(): number;
  stop(): Promise<void>;
}

function scraper([script, ...args]: readonly string[]): Scraper {
  const child = spawn(process.execPath, ['-C', 'source', join(import.meta.dirname, script!), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async scrape(times) {
      child.stdin.write(`${times}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} has ended.`);
      return JSON.parse(value) as Scraped;
    },
    cpuMs: () => cpuMilliseconds(child.pid!),
    async stop() {
      child.stdin.end();
      await Promise.race([ended, sleep(3000).then(() => child.kill('SIGKILL'))]);
    },
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

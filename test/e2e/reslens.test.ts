import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collector, createCollector } from '@millrace/core';
import { decode, type FlamebearerProfile, top } from '@millrace/pprof';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type Api, serveApi } from '../../examples/reslens/api.ts';
import { type Simulator, startSimulator } from '../../examples/reslens/simulator.ts';
import { type FakeLoki, startFakeLoki } from '../../packages/exporters/loki/testdata/fake-loki.ts';
import { root } from './program.ts';
import { complaintsOf, hasPrometheus, startPrometheus } from './prometheus.ts';

const state = mkdtempSync(join(tmpdir(), 'millrace-reslens-'));
let simulator: Simulator;
let loki: FakeLoki;
let collector: Collector | undefined;
let api: Api | undefined;
let page = '';

beforeAll(async () => {
  [simulator, loki] = await Promise.all([startSimulator(), startFakeLoki()]);
  const servers = [{ endpoint: simulator.url, queries: [{ query: 'cpp_client_1.cpu' }], window: '10s', delay: '1s' }];
  const note = (fields: object): void => {
    if ('url' in fields) page = String(fields.url);
  };
  collector = await createCollector(join(root, 'pipelines/reslens.yaml'), {
    folders: [join(root, 'packages/cli')],
    env: {
      PYROSCOPE_SERVER_ADDRESS: simulator.url,
      LOG_BASE_PATH: simulator.logs,
      RESLENS_PROCESSES: simulator.processes,
      CPP_STATS_API_BASE_URL: simulator.url,
      CPP_TRANSACTIONS_API_BASE_URL: `${simulator.url}/v1/transactions`,
      LOKI_ENDPOINT: loki.endpoint,
      MILLRACE_STATE: state,
    },
    set: [
      `receivers.pyroscope.servers=${JSON.stringify(servers)}`,
      'receivers.procfs.collection_interval=500ms',
      'receivers.table/leveldb.collection_interval=1s',
      'receivers.http_check.initial_delay=100ms',
      'exporters.prometheus.endpoint=localhost:0',
    ],
    log: { debug: note, info: note, warn: note, error: note },
  });
  await collector.start();
  api = await serveApi(collector, 0);
}, 30_000);

afterAll(async () => {
  await api?.close();
  await collector?.shutdown();
  await simulator.close();
  await loki.stop();
  rmSync(state, { recursive: true });
});

const soon = { timeout: 15_000 };
const metrics = async (): Promise<string> => (await fetch(page)).text();

describe('the simulator', () => {
  const replicasOf = (one: Simulator): number[] =>
    readdirSync('/proc').flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(one.processes) ? [Number(pid)] : [];
      } catch {
        return [];
      }
    });

  it('ends when its replicas have ended before it, as they do at Ctrl-C', async () => {
    const own = await startSimulator();
    await expect.poll(() => replicasOf(own), soon).toHaveLength(4);
    for (const pid of replicasOf(own)) process.kill(pid, 'SIGINT');
    await expect.poll(() => replicasOf(own), soon).toEqual([]);
    await own.close();
  });
});

describe('the page for Prometheus', () => {
  it('has the replicas under the names of process-exporter, found again after a restart', async () => {
    await expect.poll(metrics, soon).toContain('namedprocess_namegroup_num_procs{groupname="kv_service"} 4\n');
    await simulator.killReplica(2);
    await expect.poll(metrics, soon).toContain('namedprocess_namegroup_num_procs{groupname="kv_service"} 3\n');
    simulator.startReplica(2);
    await expect.poll(metrics, soon).toContain('namedprocess_namegroup_num_procs{groupname="kv_service"} 4\n');
    const { rules } = parse(readFileSync(join(root, 'pipelines/names/process-exporter.yaml'), 'utf8')) as {
      rules: { to: string }[];
    };
    const there = new Set((await metrics()).match(/^namedprocess_\w+/gm));
    expect([...there].filter((name) => !rules.some(({ to }) => to === name))).toEqual([]);
    expect(there).toContain('namedprocess_namegroup_states');
  }, 20_000);

  it("has LevelDB's statistics and the latency of the service", async () => {
    await expect.poll(metrics, soon).toContain('leveldb_size_bytes{level="2"} 60817408\n');
    await expect.poll(metrics, soon).toContain('leveldb_cache_hit_ratio 0.87\n');
    await expect.poll(metrics, soon).toMatch(/^httpcheck_sample_duration_milliseconds\{[^}]*quantile="0.99"\} \d/m);
  }, 20_000);

  it('has what the functions of ResilientDB took, what they called included', async () => {
    const samples = async (): Promise<number | undefined> => {
      const found =
        /^profile_cpu_self_\w+\{[^}]*code_function_name="resdb::SignatureVerifier::Verify"[^}]*\} (\d+)$/m.exec(
          await metrics(),
        );
      return found ? Number(found[1]) : undefined;
    };
    // A window of ten seconds: 388 of 824 samples.
    await expect.poll(samples, { timeout: 30_000 }).toBeGreaterThanOrEqual(388);
    expect((await samples())! % 388).toBe(0);
  }, 40_000);

  it.skipIf(!hasPrometheus)('passes promtool check metrics', async () => {
    // Milliseconds and quantiles are the collector's names for such checks.
    expect(complaintsOf(await metrics()).filter((line) => !line.startsWith('httpcheck_'))).toEqual([]);
  });
});

describe('Loki', () => {
  it('has the lines of each replica, with few labels and their own time', async () => {
    const kept = () => loki.kept.find(({ labels }) => labels['level'] === 'WARN');
    await expect.poll(kept, { timeout: 15_000 }).toMatchObject({
      labels: { job: 'resilientdb', service: 'server', replica: '2', level: 'WARN' },
      line: 'view change timer is running',
      metadata: { thread_id: '2', code_file_path: 'consensus_manager.cpp', code_line_number: '202' },
    });
    const streams = new Set(loki.kept.map(({ labels }) => `${labels['service']} ${labels['replica']}`));
    expect([...streams].sort()).toEqual(
      expect.arrayContaining(['client undefined', 'server 0', 'server 1', 'server 2', 'server 3']),
    );
    // Milliseconds as the simulator writes them: more than the second that ResLens kept.
    expect(loki.kept.some(({ time, line }) => line.startsWith('execute') && time % 1_000_000_000n !== 0n)).toBe(true);
    expect(loki.faults).toEqual([]);
  }, 20_000);

  it('has a report of each profile', async () => {
    const report = () => loki.kept.find(({ labels }) => labels['service'] === 'cpp_client_1')?.line;
    await expect.poll(report, { timeout: 30_000 }).toContain('resdb::SignatureVerifier::Verify');
  }, 40_000);
});

describe('the API', () => {
  const post = async (route: string, body: string): Promise<{ status: number; type: string | null; bytes: Buffer }> => {
    const response = await fetch(`${api!.url}/${route}`, { method: 'POST', body });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, type: response.headers.get('content-type'), bytes };
  };
  const asked = JSON.stringify({ query: 'cpp_client_1', from: 'now-5m', until: 'now' });

  it('says how it is', async () => {
    const response = await fetch(`${api!.url}/healthcheck`);
    expect([response.status, await response.json()]).toMatchObject([200, { status: 'UP', starting: {}, failing: [] }]);
  });

  it('gives a profile, as Pyroscope does', async () => {
    const { bytes } = await post('pyroscope/getProfile', asked);
    const { flamebearer, metadata } = JSON.parse(bytes.toString()) as FlamebearerProfile;
    expect(flamebearer.names).toContain('resdb::SignatureVerifier::Verify');
    expect(metadata).toMatchObject({ format: 'single', units: 'samples' });
    // 824 samples in ten seconds, of five minutes and what is left of a second.
    expect(flamebearer.numTicks / (30 * 824)).toBeCloseTo(1, 1);
  });

  it('gives it as pprof', async () => {
    const { bytes, type } = await post(
      'pyroscope/getProfile',
      JSON.stringify({ query: 'cpp_client_1', format: 'pprof' }),
    );
    expect(type).toBe('application/octet-stream');
    expect(top(decode(bytes)).rows.map(({ name }) => name)).toContain('leveldb::DBImpl::Write');
  });

  it('sums it up', async () => {
    const { status, type, bytes } = await post('pyroscope/profileSummary', asked);
    expect([status, type]).toEqual([200, 'text/markdown; charset=utf-8']);
    expect(bytes.toString()).toMatch(/\| {3}resdb::ConsensusManager::Process\n[^]*resdb::SignatureVerifier::Verify/);
    expect(bytes.toString()).not.toContain('leveldb::');
  });

  it('explains it', async () => {
    const { bytes } = await post('pyroscope/explainFlamegraph', asked);
    expect(bytes.toString()).toMatch(
      /^# .*\n[^]*Samples shown: [^]*## Top 5 by self\n\n1\. `resdb::SignatureVerifier::Verify`/,
    );
  });

  it.skipIf(!hasPrometheus)(
    'says what Prometheus has of the replicas, from a time that is relative',
    async () => {
      const prometheus = await startPrometheus(new Map([['reslens', page]]));
      vi.stubEnv('NODE_EXPORTER_BASE_URL', `${prometheus.api}/query_range`);
      const ask = async (query: string): Promise<unknown> => {
        const { bytes } = await post('nodeExporter/getCpuUsage', JSON.stringify({ query, from: 'now-10s', step: 1 }));
        return JSON.parse(bytes.toString());
      };
      try {
        await expect
          .poll(() => ask('namedprocess_namegroup_num_procs'), { timeout: 20_000 })
          .toEqual({ data: expect.arrayContaining([[expect.any(Number), '4']]) });
        expect(await ask('prometheus_build_info')).toEqual({ data: [] });
        expect(await ask('rate(')).toEqual({ error: expect.stringContaining('parse error') });
      } finally {
        vi.unstubAllEnvs();
        await prometheus.stop();
      }
    },
    30_000,
  );

  it.each(['//', '/%', '*'])('answers a request for %s, which is no path', async (path) => {
    const { hostname, port } = new URL(api!.url);
    const asked = get({ hostname, port, path });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(404);
  });

  it.each([
    ['no JSON', 'getProfile', '{', 400, 'The body must be a JSON object'],
    ['a list', 'getProfile', '[]', 400, 'The body must be a JSON object'],
    ['a long body', 'getProfile', ' '.repeat(70_000), 400, 'The body must not be longer than 65536 bytes'],
    ['no query', 'getProfile', '{}', 400, 'query must be the name of an application, such as "cpp_client_1"'],
    ['another format', 'getProfile', '{"query":"a","format":"dot"}', 400, 'format must be "json" or "pprof"'],
    ['an application that is not there', 'explainFlamegraph', '{"query":"other"}', 400, /no samples of other\.cpu/],
    ['a wrong time', 'profileSummary', '{"query":"cpp_client_1","from":"yesterday"}', 400, /now-5m/],
    ['a wrong path', 'nothing', '{}', 404, /^There are GET \/api\/v1\/healthcheck, POST /],
  ])('says what is wrong: %s', async (_what, route, body, status, error) => {
    const answer = await post(`pyroscope/${route}`, body);
    expect(answer.status).toBe(status);
    const said: unknown = JSON.parse(answer.bytes.toString());
    expect(said).toEqual({ error: typeof error === 'string' ? error : expect.stringMatching(error) });
  });
});

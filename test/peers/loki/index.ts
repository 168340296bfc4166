import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';
import { goProgram, isBuilt } from '../go-program.ts';

export const loki = goProgram({
  name: 'loki',
  folder: import.meta.dirname,
  goPackage: 'github.com/grafana/loki/v3/cmd/loki',
  sources: ['go.mod', 'go.sum'],
});

/** Whether `build.ts` could build it here. */
export const hasLoki = (): boolean => isBuilt(loki);

export interface FoundLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Nanoseconds. */
  readonly time: bigint;
  readonly line: string;
}

export interface Loki {
  readonly endpoint: string;
  /** What a LogQL query of the last eight days finds, oldest first. */
  query(logql: string, tenant: string): Promise<readonly FoundLine[]>;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;

/** Starts one with `limits_config` in a folder of its own, with tenants, and resolves once it is ready. */
export async function startLoki(limits: object = {}): Promise<Loki> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-loki-'));
  const port = await freePort();
  const config = join(folder, 'loki.json');
  writeFileSync(config, JSON.stringify(configOf(folder, { port, limits })));
  const child = spawn(loki.path, ['-config.file', config], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').finally(() => process.off('exit', kill));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + startTimeoutMs; !(await isReady(endpoint)); await sleep(250))
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`Loki did not start:\n${log}`);
    }
  return { endpoint, stop, query: (logql, tenant) => query(endpoint, { logql, tenant }) };
}

const isReady = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/ready`).then(
    async (answer) => (await answer.text()).startsWith('ready'),
    () => false,
  );

const configOf = (folder: string, { port, limits }: { port: number; limits: object }): object => ({
  auth_enabled: true,
  server: {
    http_listen_address: '127.0.0.1',
    http_listen_port: port,
    grpc_listen_address: '127.0.0.1',
    grpc_listen_port: 0,
    log_level: 'error',
  },
  common: {
    instance_addr: '127.0.0.1',
    path_prefix: folder,
    storage: { filesystem: { chunks_directory: `${folder}/chunks`, rules_directory: `${folder}/rules` } },
    replication_factor: 1,
    ring: { kvstore: { store: 'inmemory' } },
  },
  // It is to be ready at once.
  ingester: { lifecycler: { min_ready_duration: '0s' } },
  schema_config: {
    configs: [
      {
        from: '2020-10-24',
        store: 'tsdb',
        object_store: 'filesystem',
        schema: 'v13',
        index: { prefix: 'index_', period: '24h' },
      },
    ],
  },
  limits_config: { max_query_length: '0s', ...limits },
  analytics: { reporting_enabled: false },
});

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [
        string,
        string,
        { readonly structuredMetadata?: Readonly<Record<string, string>> },
      ])[];
    }[];
  };
}

async function query(
  endpoint: string,
  { logql, tenant }: { logql: string; tenant: string },
): Promise<readonly FoundLine[]> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const params = new URLSearchParams({
    query: logql,
    limit: '5000',
    direction: 'forward',
    start: String(now - 8n * 86_400n * 1_000_000_000n),
    end: String(now + 3_600n * 1_000_000_000n),
  });
  const answer = await fetch(`${endpoint}/loki/api/v1/query_range?${params}`, {
    headers: { 'x-scope-orgid': tenant, 'x-loki-response-encoding-flags': 'categorize-labels' },
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  const { data } = (await answer.json()) as Answer;
  const lines = data.result.flatMap(({ stream: labels, values }) =>
    values.map(([time, line, { structuredMetadata: metadata = {} }]) => ({
      labels,
      metadata,
      time: BigInt(time),
      line,
    })),
  );
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

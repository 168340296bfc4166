import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';
import { type GoProgram, goProgram, isBuilt } from '../go-program.ts';

export { isBuilt };

/** Grafana Pyroscope 1.12.0. */
export const pyroscope = goProgram({
  name: 'pyroscope',
  folder: import.meta.dirname,
  goPackage: 'github.com/grafana/pyroscope/cmd/pyroscope',
  sources: ['go.mod', 'go.sum'],
});

/** Pyroscope 0.37.1, the last one before it became Grafana's: `/render`, and nothing of Connect. */
export const pyroscopeLegacy = goProgram({
  name: 'pyroscope-legacy',
  folder: join(import.meta.dirname, 'legacy'),
  goPackage: 'github.com/pyroscope-io/pyroscope/cmd/pyroscope',
  sources: ['go.mod', 'go.sum', 'godeltaprof/godeltaprof.go'],
  // It stores its settings in SQLite.
  cgo: true,
});

export interface Server {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Starts Grafana Pyroscope in a folder of its own, and resolves once it is ready. */
export async function startPyroscope(more: readonly string[] = []): Promise<Server> {
  const [port, grpcPort, gossipPort] = [await freePort(), await freePort(), await freePort()];
  const rings = ['compactor.ring', 'distributor.ring', 'overrides-exporter.ring', 'query-scheduler.ring'];
  const addresses = [...rings, 'query-frontend', 'store-gateway.sharding-ring'].map((name) => `${name}.instance-addr`);
  return start(pyroscope, `http://127.0.0.1:${port}/ready`, (folder) => [
    ...['server.http-listen-address', 'server.grpc-listen-address', 'memberlist.bind-addr', 'memberlist.advertise-addr']
      .concat(addresses, 'ingester.lifecycler.addr')
      .map((flag) => `-${flag}=127.0.0.1`),
    `-server.http-listen-port=${port}`,
    `-server.grpc-listen-port=${grpcPort}`,
    `-memberlist.bind-port=${gossipPort}`,
    `-pyroscopedb.data-path=${folder}/data`,
    '-storage.backend=filesystem',
    `-storage.filesystem.dir=${folder}/shared`,
    '-usage-stats.enabled=false',
    '-self-profiling.disable-push=true',
    // It is to be ready at once.
    '-ingester.min-ready-duration=0s',
    ...more,
  ]);
}

/** Starts Pyroscope 0.37.1 in a folder of its own, and resolves once it is ready. */
export async function startPyroscopeLegacy(more: readonly string[] = []): Promise<Server> {
  const port = await freePort();
  return start(pyroscopeLegacy, `http://127.0.0.1:${port}/healthz`, (folder) => {
    // An empty one, and it says that there is none.
    writeFileSync(join(folder, 'server.yml'), 'log-level: error\n');
    return [
      'server',
      ...['-config', join(folder, 'server.yml'), '-api-bind-addr', `127.0.0.1:${port}`],
      ...['-storage-path', join(folder, 'data'), '-adhoc-data-path', join(folder, 'adhoc')],
      ...['-admin-socket-path', join(folder, 'admin.sock'), '-analytics-opt-out', '-no-self-profiling'],
      ...more,
    ];
  });
}

const startTimeoutMs = 60_000;

async function start(
  { name, path }: GoProgram,
  readiness: string,
  argumentsIn: (folder: string) => readonly string[],
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), `millrace-${name}-`));
  const child = spawn(path, argumentsIn(folder), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').finally(() => process.off('exit', kill));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const stop = async (): Promise<void> => {
    kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + startTimeoutMs; !(await isReady(readiness)); await sleep(250))
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`${name} did not start:\n${log}`);
    }
  return { endpoint: new URL(readiness).origin, stop };
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@millrace/core/testing';
import { cockroachPath, hasCockroach as hasBuilt } from '../../../../test/peers/cockroach/build.ts';

/** The program of CockroachDB: what `test/peers/cockroach/build.ts` built, that which the variable COCKROACH names, or the one on the path. */
export const program = process.env['COCKROACH'] ?? (hasBuilt() ? cockroachPath : 'cockroach');
export const hasCockroach = (): boolean => spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0;

/** Three nodes with TLS, each with a store of 1 GiB, and a user who may see all. */
export interface RealCluster {
  readonly urls: readonly string[];
  readonly certificates: string;
  readonly password: string;
  readonly version: string;
  sql(statements: string): void;
  kill(index: number): Promise<void>;
  close(): Promise<void>;
}

export async function startRealCluster(): Promise<RealCluster> {
  const place = mkdtempSync(join(tmpdir(), 'millrace-cockroach-'));
  const certificates = join(place, 'certs');
  const run = (...args: string[]): string => execFileSync(program, args, { cwd: place, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const secure = [`--certs-dir=${certificates}`, `--ca-key=${join(place, 'ca.key')}`];
  run('cert', 'create-ca', ...secure);
  run('cert', 'create-node', 'localhost', '127.0.0.1', ...secure);
  run('cert', 'create-client', 'root', ...secure);

  const ports = await Promise.all([1, 2, 3].map(async () => ({ rpc: await freePort(), http: await freePort() })));
  const join3 = ports.map(({ rpc }) => `127.0.0.1:${rpc}`).join();
  const nodes: ChildProcess[] = ports.map(({ rpc, http }, index) =>
    spawn(
      program,
      [
        'start',
        `--certs-dir=${certificates}`,
        `--listen-addr=127.0.0.1:${rpc}`,
        `--http-addr=127.0.0.1:${http}`,
        `--join=${join3}`,
        `--store=path=${join(place, `store${index}`)},size=1GiB,ballast-size=0`,
        `--locality=zone=${index}`,
        '--cache=64MiB',
        '--max-sql-memory=64MiB',
        `--log-dir=${join(place, `log${index}`)}`,
      ],
      { cwd: place, stdio: 'ignore', env: { ...process.env, COCKROACH_SKIP_ENABLING_DIAGNOSTIC_REPORTING: 'true' } },
    ),
  );
  const client = [`--certs-dir=${certificates}`, `--host=127.0.0.1:${ports[0]!.rpc}`];
  for (let tries = 0; ; tries++) {
    const { status, stderr } = spawnSync(program, ['init', ...client], { cwd: place });
    if (status === 0) break;
    if (tries === 60) throw new Error(`The cluster was not initialised: ${stderr.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const password = 'secret-1';
  const sql = (statements: string): void => void run('sql', ...client, '-e', statements);
  sql(`CREATE USER monitor WITH PASSWORD '${password}'; GRANT admin TO monitor`);

  async function kill(index: number): Promise<void> {
    const node = nodes[index]!;
    if (node.exitCode !== null || node.signalCode !== null) return;
    const ended = once(node, 'exit');
    node.kill('SIGKILL');
    await ended;
  }

  return {
    urls: ports.map(({ http }) => `https://127.0.0.1:${http}`),
    certificates,
    password,
    version: run('version', '--build-tag').trim(),
    sql,
    kill,
    async close() {
      await Promise.all(nodes.map((_, index) => kill(index)));
      rmSync(place, { recursive: true });
    },
  };
}

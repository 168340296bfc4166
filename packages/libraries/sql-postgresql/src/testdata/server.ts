// A PostgreSQL server for tests: Debian's, on a free port of 127.0.0.1, in a temporary folder, run as the user postgres.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

export interface PostgresServer {
  readonly port: number;
  readonly folder: string;
  readonly datasource: string;
  /** Runs statements, and gives the rows of the last. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** `immediate`: as if it had crashed. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** It, and all its processes, stand still until `SIGCONT`. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Stops it, and leaves nothing. */
  remove(): Promise<void>;
}

const versions = '/usr/lib/postgresql';
const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a))[0] : undefined;
const bin = newest && join(versions, newest, 'bin');

export const hasPostgres = bin !== undefined && existsSync(join(bin, 'initdb'));
if (!hasPostgres) console.warn('SKIPPED: there is no PostgreSQL in /usr/lib/postgresql (apt install postgresql).');

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pg-'));
  const isRoot = process.getuid?.() === 0;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const user = isRoot ? { uid: id('-u'), gid: id('-g') } : {};
  if (isRoot) chownSync(folder, id('-u'), id('-g'));
  const data = join(folder, 'data');
  execFileSync(join(bin!, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-N', '-E', 'UTF8', '--no-locale'], {
    ...user,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const datasource = `host=127.0.0.1 port=${port} user=postgres dbname=postgres sslmode=disable`;
  let child: ChildProcess | undefined;

  async function sql(text: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    client.on('error', () => {});
    await client.connect();
    try {
      const result: unknown = await client.query(text);
      return ((Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] }).rows;
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    const settings = ['fsync=off', 'max_connections=40', 'shared_preload_libraries=pg_stat_statements'];
    child = spawn(
      join(bin!, 'postgres'),
      ['-D', data, '-k', folder, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((one) => ['-c', one])],
      { ...user, cwd: folder, stdio: 'ignore' },
    );
    for (let tries = 0; ; tries++) {
      try {
        await sql('SELECT 1');
        return;
      } catch (error) {
        if (tries > 200) throw error;
        await sleep(50);
      }
    }
  }

  async function stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    child = undefined;
    await gone;
  }

  function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = child!;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    for (const one of [pid!, ...children]) process.kill(one, name);
  }

  await start();
  return {
    port,
    folder,
    datasource,
    sql,
    stop,
    start,
    signal,
    async remove() {
      await stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

// A PostgreSQL server for tests: Debian's, on a free port of 127.0.0.1, in a temporary folder, run as the user postgres.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';
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

export interface PostgresTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who signs clients' certificates. */
  readonly caFile?: string;
  /** Of `pg_hba.conf`: who may come in over TCP, and how. */
  readonly hba: readonly string[];
}

export async function startPostgres(tls?: PostgresTls): Promise<PostgresServer> {
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
  const tlsSettings = tls ? prepareTls(tls) : [];
  const port = await freePort();
  const datasource = `host=127.0.0.1 port=${port} user=postgres dbname=postgres sslmode=disable`;
  let child: ChildProcess | undefined;

  function prepareTls({ hba, ...files }: PostgresTls): string[] {
    writeFileSync(join(data, 'pg_hba.conf'), ['local all all trust', ...hba, ''].join('\n'));
    const own = Object.entries(files).map(([name, file]) => {
      const to = join(folder, basename(file));
      copyFileSync(file, to);
      chmodSync(to, 0o600);
      if (isRoot) chownSync(to, id('-u'), id('-g'));
      return `ssl_${name.replace('File', '_file')}=${to}`;
    });
    return ['ssl=on', 'listen_addresses=127.0.0.1,127.0.0.2', ...own];
  }

  async function sql(text: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ host: folder, port, user: 'postgres', database: 'postgres' });
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
    const settings = ['fsync=off', 'max_connections=40', 'shared_preload_libraries=pg_stat_statements', ...tlsSettings];
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

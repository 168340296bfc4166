import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';
import mysql from 'mysql2';

const daemon = '/usr/sbin/mariadbd';

/** Whether Debian's `mariadb-server` is here. */
export const hasMariaDb = existsSync(daemon) && existsSync('/usr/bin/mariadb-install-db');

export interface MariaDb {
  readonly port: number;
  readonly socket: string;
  readonly certFile: string;
  /** Runs a statement as root. */
  run(sql: string): Promise<unknown[]>;
  stop(): Promise<void>;
}

/**
 * A server of its own, in a temporary folder, with the user `reader`, password `se:cr@t/`. With a certificate that it signed
 * itself, unless other settings are given.
 */
export async function startMariaDb(settings?: readonly string[]): Promise<MariaDb> {
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-'));
  const [data, socket, certFile] = ['data', 'socket', 'cert.pem'].map((name) => join(folder, name)) as [string, string, string];
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'key.pem')];
  const self = ['-x509', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-out', certFile];
  execFileSync('openssl', ['req', ...ec, ...self], { stdio: 'pipe' });
  const common = ['--no-defaults', `--datadir=${data}`, '--user=root'];
  execFileSync('mariadb-install-db', [...common, '--auth-root-authentication-method=normal', '--skip-test-db'], { stdio: 'pipe' });
  const port = await freePort();
  const small = ['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--key-buffer-size=1M', '--skip-name-resolve'];
  const tls = settings ?? ['--bind-address=127.0.0.1', `--ssl-cert=${certFile}`, `--ssl-key=${join(folder, 'key.pem')}`];
  const child = spawn(
    daemon,
    [...common, ...small, ...tls, `--socket=${socket}`, `--port=${port}`, '--performance-schema=on'],
    { stdio: 'ignore' },
  );
  const run = (sql: string): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      const session = mysql.createConnection({ socketPath: socket, user: 'root', multipleStatements: true });
      session.on('error', reject);
      session.query(sql, (error, rows) => {
        session.end();
        if (error) reject(error);
        else resolve(rows as unknown[]);
      });
    });
  for (let tries = 0; ; tries++) {
    try {
      await run('SELECT 1');
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await setTimeout(100);
    }
  }
  await run(`CREATE DATABASE shop; CREATE USER reader@'%' IDENTIFIED BY 'se:cr@t/'; GRANT ALL ON *.* TO reader@'%'`);
  return {
    port,
    socket,
    certFile,
    run,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';

export interface Series {
  readonly name: string;
  readonly columns: readonly string[];
  /** Each value as JSON text: numbers keep all their digits. */
  readonly rows: readonly Readonly<Record<string, string>>[];
}

export interface Influxd {
  readonly endpoint: string;
  /** Makes a database, or asks for data. Rejects with what the server says. */
  query(text: string, options?: { db?: string; user?: string }): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

export const hasInfluxd = spawnSync('influxd', ['version']).status === 0;


/** InfluxDB 1 on loopback, with files of its own. */
export async function startInfluxd({ auth = false } = {}): Promise<Influxd> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-influxd-'));
  const port = await freePort();
  const config = join(folder, 'influxdb.conf');
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = ${auth}
`,
  );
  const child: ChildProcess = spawn('influxd', ['run', '-config', config], {
    env: { ...process.env, INFLUXDB_REPORTING_DISABLED: 'true' },
    stdio: 'ignore',
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error('influxd did not start');
    if (await fetch(`${endpoint}/ping`).catch(() => undefined)) break;
    await sleep(20);
  }
  return {
    endpoint,
    async query(text, { db = '', user } = {}) {
      const headers = user ? { authorization: `Basic ${Buffer.from(user).toString('base64')}` } : {};
      const body = new URLSearchParams({ q: text, db, epoch: 'ns' });
      const response = await fetch(`${endpoint}/query`, { method: 'POST', body, headers });
      return seriesIn(await response.text());
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, 5_000);
      await ended;
      clearTimeout(timer);
      process.off('exit', kill);
      rmSync(folder, { recursive: true });
    },
  };
}

interface Reply {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly { name: string; columns: string[]; values: unknown[][] }[];
  }[];
}

function seriesIn(text: string): readonly Series[] {
  // What JSON.parse would round is kept as it was written.
  const sourced = (_key: string, value: unknown, { source }: { source?: string }): unknown =>
    typeof value === 'number' ? { source } : value;
  const reply = (JSON.parse as (text: string, reviver: typeof sourced) => unknown)(text, sourced) as Reply;
  const error = reply.error ?? reply.results?.find((result) => result.error)?.error;
  if (error) throw new Error(error);
  const shown = (value: unknown): string =>
    typeof value === 'object' && value !== null ? (value as { source: string }).source : JSON.stringify(value);
  return (reply.results ?? []).flatMap(({ series = [] }) =>
    series.map(({ name, columns, values }) => ({
      name,
      columns,
      rows: values.map((row) =>
        Object.fromEntries(columns.flatMap((column, at) => (row[at] === null ? [] : [[column, shown(row[at])]]))),
      ),
    })),
  );
}

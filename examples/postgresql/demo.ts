// A PostgreSQL of its own (PGlite, in this process), some work for it, and pipelines/postgresql.yaml that watches it.
// `npm run demo:postgresql`; with `-- --once` it prints what there is after the first scrapes, and ends.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { createCollector } from '@millrace/core';
import { freePort } from '@millrace/core/testing';

const root = join(import.meta.dirname, '../..');

console.log('Starting a PostgreSQL in this process …');
const db = await PGlite.create();
await db.exec(`
  CREATE TABLE orders (id serial PRIMARY KEY, item text NOT NULL, price numeric(10, 2) NOT NULL, placed timestamptz NOT NULL DEFAULT now());
  INSERT INTO orders (item, price) SELECT 'item ' || n % 50, (n % 1000) / 10.0 FROM generate_series(1, 5000) AS n;
`);
const port = await freePort();
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port, maxConnections: 10 });
await server.start();

const page = await freePort();
const collector = await createCollector(join(root, 'pipelines/postgresql.yaml'), {
  folders: [join(root, 'packages/cli')],
  env: {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGDATABASE: 'postgres',
    PGUSER: 'postgres',
    PGPASSWORD: 'postgres',
  },
  set: [
    `exporters.prometheus.endpoint=localhost:${page}`,
    'receivers.sqlquery.collection_interval=2s',
    'receivers.sqlquery.max_open_conn=1',
  ],
});
await collector.start();
console.log(`Its metrics: http://localhost:${page}/metrics`);

const stop = new AbortController();
/** PGlite has one session for all: in a transaction of the receiver's, read-only (25006) or failed (25P02), nobody can write. */
const isInTransaction = (error: unknown): boolean => (error as { code?: string }).code?.startsWith('25') ?? false;
async function work(): Promise<void> {
  try {
    await db.exec(
      `INSERT INTO orders (item, price) VALUES ('another', 1); SELECT item, sum(price) FROM orders GROUP BY item;`,
    );
  } catch (error) {
    if (!isInTransaction(error)) throw error;
  }
}

process.once('SIGINT', () => stop.abort());
if (process.argv.includes('--once')) setTimeout(() => stop.abort(), 5000);

while (!stop.signal.aborted) {
  await work();
  await sleep(200, undefined, { signal: stop.signal }).catch(() => {});
}

const lines = (await (await fetch(`http://localhost:${page}/metrics`)).text()).split('\n');
console.log(lines.filter((line) => !line.startsWith('#')).join('\n'));
await collector.shutdown();
await server.stop();
await db.close();

// Reads the table when it is told to, in one of the ways, and says the CPU milliseconds that it took.
import { type Batch, itemCount, resolveConfig, standaloneContext } from '@millrace/core';
import { encode } from '@millrace/otlp';
import postgresql from '@millrace/sql-postgresql';
import { Client } from 'pg';
import Cursor from 'pg-cursor';
import { config as schema } from '../../../packages/receivers/sqlquery/src/config.ts';
import { createQueryRun } from '../../../packages/receivers/sqlquery/src/query-run.ts';
import { rowCount } from './index.ts';

export type Variant = 'driver' | 'metrics' | 'logs';

const [variant, port] = process.argv.slice(2) as [Variant, string];
const sql = 'SELECT id, host, disk, value, at, text FROM measured ORDER BY id';
const read = variant === 'driver' ? await bareDriver() : await receiver(variant);

process.on('message', () => {
  void (async () => {
    const before = process.cpuUsage();
    const count = await read();
    const { user, system } = process.cpuUsage(before);
    if (count !== rowCount) throw new Error(`${variant} has read ${count} rows.`);
    process.send!((user + system) / 1000);
  })();
});
process.on('disconnect', () => process.exit());
process.send!('ready');

async function bareDriver(): Promise<() => Promise<number>> {
  const client = new Client({ host: '127.0.0.1', port: Number(port), user: 'postgres', database: 'postgres' });
  await client.connect();
  return async () => {
    const cursor = client.query(new Cursor<unknown[]>(sql, [], { rowMode: 'array' }));
    let count = 0;
    for (;;) {
      const rows = await cursor.read(1000);
      count += rows.length;
      if (rows.length < 1000) break;
    }
    await cursor.close();
    return count;
  };
}

async function receiver(signal: 'metrics' | 'logs'): Promise<() => Promise<number>> {
  const target = { host: '127.0.0.1', port: Number(port), username: 'postgres', database: 'postgres', readOnly: true };
  const metrics = [
    { metric_name: 'disk.value', value_column: 'value', value_type: 'double', attribute_columns: ['host', 'disk'] },
  ];
  const logs = [{ body_column: 'text', ts_column: 'at', attribute_columns: ['host', 'disk', 'id'] }];
  const { queries } = resolveConfig(schema, {
    queries: [{ sql, ...(signal === 'metrics' ? { metrics } : { logs }) }],
  } as never);
  const connection = await postgresql.connect(target, new AbortController().signal);
  let [items, bytes] = [0, 0];
  const run = createQueryRun({
    query: queries![0]!,
    target: '',
    attributes: { 'db.system.name': 'postgresql' },
    context: standaloneContext('bench'),
    next: {
      async consume(batch: Batch) {
        items += itemCount(batch);
        bytes += encode(batch).length;
      },
    },
    dropped: () => {},
    deadline: new AbortController().signal,
  });
  return async () => {
    items = 0;
    await run(connection, AbortSignal.timeout(60_000), 60_000);
    return bytes > 0 ? items : 0;
  };
}

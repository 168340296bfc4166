import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStored } from '../../packages/extensions/file-storage/src/offline.ts';
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../packages/libraries/sql-postgresql/src/testdata/server.ts';
import { freePort } from '@millrace/core/testing';
import { millrace } from './program.ts';

const rows = 60_000;

describe.skipIf(!hasPostgres)('rows of a database, into queues on disk', () => {
  let server: PostgresServer;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), 'millrace-once-'));
  }, 60_000);
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  const config = (port: number): string => `
receivers:
  sqlquery:
    driver: postgres
    datasource: "${server.datasource}"
    initial_delay: 0s
    storage: file_storage
    queries:
      - name: journal
        sql: SELECT id, level, 'host ' || id % 7 AS host FROM journal WHERE id > $1 ORDER BY id
        interval: 20ms
        timeout: 30s
        tracking_column: id
        tracking_start_value: "0"
        resource_attribute_columns: [host]
        logs:
          - { body_column: id, attribute_columns: [level] }
processors:
  attributes: { actions: [{ key: seen.by, value: millrace, action: insert }] }
exporters:
  otlp_http/one: &there
    endpoint: http://127.0.0.1:${port}
    sending_queue: { storage: file_storage, queue_size: 1000000, sizer: items, num_consumers: 1 }
    retry_on_failure: { max_elapsed_time: 0s }
  otlp_http/two: *there
extensions:
  file_storage: { directory: ${join(folder, 'storage')}, segment_bytes: 256KiB }
service:
  telemetry: { metrics: { level: none } }
  extensions: [file_storage]
  pipelines:
    logs: { receivers: [sqlquery], processors: [attributes], exporters: [otlp_http/one, otlp_http/two] }
`;
  const queue = (name: string): string => join(folder, 'storage', `exporter+otlp_http+${name}`);
  /** Of what is stored first. */
  const bytes = (): number => {
    if (!existsSync(queue('one'))) return 0;
    const segments = readdirSync(queue('one')).filter((name) => name.endsWith('.seg'));
    return segments.reduce((sum, name) => sum + statSync(join(queue('one'), name)).size, 0);
  };

  async function bodies(name: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { batch } of readStored(queue(name)))
      if (batch?.signal === 'logs')
        for (const { scopeLogs } of batch.resourceLogs)
          for (const { logRecords } of scopeLogs) found.push(...logRecords.map(({ body }) => String(body)));
    return found;
  }

  it('arrive once in each, however often it is killed', { timeout: 120_000 }, async () => {
    await server.sql(`
      CREATE TABLE journal (id int PRIMARY KEY, level text);
      INSERT INTO journal SELECT id, 'info' FROM generate_series(1, ${rows}) id`);
    // Nobody listens there: what is stored stays.
    writeFileSync(join(folder, 'millrace.yaml'), config(await freePort()));
    for (let kills = 0; kills < 10; kills++) {
      const program = millrace(['run', 'millrace.yaml'], { cwd: folder });
      const before = bytes();
      for (let waited = 0; bytes() === before && waited < 8_000; waited++) await sleep(1);
      await sleep(Math.random() * 20);
      program.child.kill('SIGKILL');
      await program.ended;
    }
    expect((await bodies('two')).length).toBeLessThan(rows);
    const last = millrace(['run', 'millrace.yaml'], { cwd: folder });
    await last.saw(/Everything has started/);
    await server.sql(`INSERT INTO journal VALUES (${rows + 1}, 'warn')`);
    await expect
      .poll(async () => (await bodies('two')).at(-1), { timeout: 30_000, interval: 500 })
      .toBe(String(rows + 1));
    expect(await last.stop()).toBe(0);
    for (const name of ['one', 'two']) {
      const found = await bodies(name);
      expect([found.length, new Set(found).size]).toEqual([rows + 1, rows + 1]);
    }
  });
});

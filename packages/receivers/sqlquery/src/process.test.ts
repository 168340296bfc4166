import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from '../../../libraries/sql-postgresql/src/testdata/server.ts';

const child = join(import.meta.dirname, 'testdata', 'child.ts');

describe.skipIf(!hasPostgres)('a process of its own', () => {
  let server: PostgresServer;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), 'millrace-sqlquery-'));
  }, 60_000);
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  const start = (config: object, { flags = [] as string[], count = '' } = {}) =>
    spawn(
      process.execPath,
      [
        '-C',
        'source',
        ...flags,
        child,
        JSON.stringify({ initial_delay: '0s', driver: 'postgres', datasource: server.datasource, ...config }),
        folder,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...(count && { COUNT: count }) },
      },
    );

  it.each([
    ['log records', { logs: [{ body_column: 'text', attribute_columns: ['g'] }] }],
    ['points', { metrics: [{ metric_name: 'm', value_column: 'g', attribute_columns: ['text'] }] }],
  ])('makes 1,000,000 rows into %s in bounded memory', { timeout: 90_000 }, async (_name, what) => {
    const sql = `SELECT g, 'row ' || g || repeat('x', 100) AS text FROM generate_series(1, 1000000) g`;
    const queries = [{ sql, interval: '1h', timeout: '1m', ...what }];
    const running = start(
      { queries, collection_interval: '1h' },
      { flags: ['--max-old-space-size=256'], count: '1000000' },
    );
    let said = '';
    running.stdout.on('data', (data: Buffer) => (said += String(data)));
    const [code] = (await once(running, 'exit')) as [number];
    expect(code).toBe(0);
    const { items, maxRssKb } = JSON.parse(said) as { items: number; maxRssKb: number };
    expect(items).toBeGreaterThanOrEqual(1_000_000);
    expect(maxRssKb).toBeLessThan(400_000);
  });

  it('loses no row when it is killed, and doubles no more than what was under way', { timeout: 60_000 }, async () => {
    await server.sql(`CREATE TABLE journal (id int PRIMARY KEY); INSERT INTO journal SELECT generate_series(1, 60000)`);
    const sql = 'SELECT id FROM journal WHERE id > $1 ORDER BY id';
    const queries = [
      {
        name: 'journal',
        sql,
        interval: '50ms',
        timeout: '30s',
        tracking_column: 'id',
        tracking_start_value: 0,
        logs: [{ body_column: 'id' }],
      },
    ];
    const lines = (): string[] => readFileSync(join(folder, 'taken'), 'utf8').trim().split('\n');
    const size = (): number => statSync(join(folder, 'taken'), { throwIfNoEntry: false })?.size ?? 0;
    let kills = 0;
    while (kills < 8 && (size() === 0 || lines().length < 55_000)) {
      const running = start({ queries, collection_interval: '1h' });
      const before = size();
      for (let waited = 0; size() === before && waited < 8_000; waited += 2) await sleep(2);
      await sleep(Math.random() * 25);
      running.kill('SIGKILL');
      await once(running, 'exit');
      kills++;
    }
    const running = start({ queries, collection_interval: '1h' });
    for (let waited = 0; !lines().includes('60000') && waited < 20_000; waited += 100) await sleep(100);
    await sleep(200);
    running.kill('SIGKILL');
    await once(running, 'exit');
    const all = lines();
    expect(new Set(all).size).toBe(60_000);
    // The row before the last of a piece is known to be complete: at most one piece is under way.
    expect(all.length - 60_000).toBeLessThanOrEqual(kills * 1000);
    expect(kills).toBeGreaterThan(1);
  });
});

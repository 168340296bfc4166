import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fileStorage from '@millrace/extension-file-storage';
import type { Extension } from '@millrace/core';
import { resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { report } from '../testdata/batches.ts';
import type { GrpcClient } from '../testdata/clients.ts';
import { closeClients, eventSource, grpcClient } from '../testdata/clients.ts';
import type { Running } from '../testdata/server.ts';
import { startCache, stopAll } from '../testdata/server.ts';
import { batchOfReport } from './cache/report.ts';

let directory: string;
const opened: Extension[] = [];
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'millrace-report-cache-'))));
afterEach(async () => {
  closeClients();
  await stopAll();
  for (const one of opened.splice(0)) await one.shutdown!(AbortSignal.timeout(1000));
  rmSync(directory, { recursive: true });
});

/** A report cache on files in the directory. */
async function start(config: object = {}): Promise<Running> {
  const files = fileStorage.create(
    resolveConfig(fileStorage.config, { directory, create_directory: true }),
    testContext({ clock: systemClock }),
  );
  await files.start!();
  opened.push(files);
  const storage = await files.openState!('report_cache');
  return startCache({ storage: 'file_storage', reports: 20, ...config }, { storage });
}

async function stop(running: Running): Promise<void> {
  await running.stop();
  await opened.pop()!.shutdown!(AbortSignal.timeout(1000));
}

test('reports outlive a restart, cursors go on, and so do subscribers', async () => {
  const first = await start();
  for (let value = 1; value <= 30; value++) await first.report(report('a', value));
  const source = await eventSource(first.port, { path: '/v1/subscribe?after=28' });
  const last = (await source.until(2)).at(-1)!.id!;
  await stop(first);
  await source.closed;

  const second = await start();
  await second.report(report('a', 31));
  const client = grpcClient(second.port);
  const range = await client.call('Range', { cluster: 'a', after: 5 });
  const reports = range['reports'] as { cursor: string }[];
  expect(reports.map(({ cursor }) => Number(cursor))).toEqual(Array.from({ length: 20 }, (_, index) => 12 + index));
  expect([range['next'], range['missed']]).toEqual(['31', '6']);
  const again = await eventSource(second.port, { headers: { 'last-event-id': last } });
  expect((await again.until(1)).map(({ id }) => id)).toEqual(['31']);
});

test('without storage a restart begins anew', async () => {
  const first = await startCache();
  for (let value = 1; value <= 5; value++) await first.report(report('a', value));
  await first.stop();
  const second = await startCache();
  await second.report(report('a'));
  const again = await eventSource(second.port, { headers: { 'last-event-id': '5' } });
  expect((await again.until(1)).map(({ id }) => id)).toEqual(['1']);
});

test('what was acknowledged survives kill -9', { timeout: 60_000 }, async () => {
  let before = 0;
  for (let round = 0; round < 3; round++) {
    const acknowledged = await killAfter(25 + round * 13);
    const running = await start();
    const client = grpcClient(running.port);
    // What was acknowledged was of both; of the batch under way one part may be there.
    const newest = await cursorsOf(client, 'Latest', {});
    expect(newest).toHaveLength(2);
    expect(Math.min(...newest)).toBeGreaterThan(before + 2 * (acknowledged - 1));
    for (const cluster of ['a', 'b']) {
      const cursors = await cursorsOf(client, 'Range', { cluster });
      expect(cursors).toHaveLength(20);
      expect(cursors).toEqual([...new Set(cursors)].sort((a, b) => a - b));
    }
    before = Math.max(...newest);
    await stop(running);
  }
  const places = readdirSync(directory, { recursive: true }).filter((name) => String(name).includes('report-'));
  expect(places.length).toBeLessThan(50);
});

async function cursorsOf(client: GrpcClient, method: string, request: object): Promise<number[]> {
  const reply = await client.call(method, request);
  return (reply['reports'] as { cursor: string }[]).map(({ cursor }) => Number(cursor));
}

/** Resolves with what the child had acknowledged when it was killed. */
async function killAfter(acknowledged: number): Promise<number> {
  const script = join(import.meta.dirname, '../testdata/child.ts');
  const child = spawn(process.execPath, ['-C', 'source', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let last = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last >= acknowledged) child.kill('SIGKILL');
  }
  return last;
}

test('what is read back is what was given', async () => {
  const first = await start();
  const batch = report('a', 42);
  await first.report(batch);
  await stop(first);
  const second = await start();
  const reply = await grpcClient(second.port).call('Latest');
  const [only] = reply['reports'] as { signal: 'metrics'; otlp: Buffer }[];
  const { signal, otlp } = only!;
  const read = batchOfReport({ signal, otlp } as never);
  expect(read.signal === 'metrics' && read.resourceMetrics).toMatchObject([
    { resource: { attributes: { 'cockroachdb.cluster.name': 'a' } } },
  ]);
});

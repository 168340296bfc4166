// dbmon's clients are written in Go: what they decode into is stricter than JSON is.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { metricsBatch } from '@millrace/core';
import { afterEach, describe, expect, test } from 'vitest';
import { resourceMetrics } from '../testdata/batches.ts';
import { goClient, hasGoClient } from '../testdata/go-client.ts';
import { startCache, stopAll } from '../testdata/server.ts';

afterEach(stopAll);

const cluster = { 'cockroachdb.cluster.name': 'roachy' };
const probe = metricsBatch([
  resourceMetrics({ ...cluster, 'cockroachdb.node.id': '1' }, [
    { name: 'cockroachdb.node.up', value: 1 },
    { name: 'cockroachdb.node.clock_offset.mean', value: -0.5 },
    { name: 'cockroachdb.node.heartbeat.latency.p99', value: 0.004 },
    { name: 'cockroachdb.qps', value: 1.5 },
  ]),
  resourceMetrics({ ...cluster, 'cockroachdb.node.id': '1', 'cockroachdb.store.id': '1' }, [
    { name: 'cockroachdb.store.capacity.limit', value: 2n ** 60n + 1n },
  ]),
]);

describe.skipIf(!hasGoClient())('grpc-go', () => {
  test('pulls each probe once, subscribes, and hears of the end', async () => {
    const running = await startCache();
    for (let round = 0; round < 4; round++) await running.report(probe);
    const child = spawn(goClient.path, [`localhost:${running.port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    let stopped: Promise<void> | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (lines.length === 8) stopped = running.stop();
    }
    await stopped;
    const said = lines.map((line) => JSON.parse(line) as { probes?: { Nodes: object[] }[]; event?: number });
    expect(said.flatMap(({ probes }) => (probes ? [probes.length] : []))).toEqual([1, 3, 0, 0]);
    expect(said[0]!.probes![0]).toMatchObject({ Cluster: 'roachy', Status: '200' });
    expect(said[0]!.probes![0]!.Nodes).toMatchObject([
      { ID: 1, Up: true, QueriesPerSecond: 1.5, Latency99: 4_000_000, ClockOffset: 500_000_000 },
    ]);
    expect(lines[0]).toContain(`"Capacity":${2n ** 60n + 1n},`);
    expect(said.slice(4, 8).every(({ event }) => event! > 100)).toBe(true);
    expect(said.at(-1)).toEqual({ ended: 'Unavailable', message: 'The server is shutting down.' });
  });
});

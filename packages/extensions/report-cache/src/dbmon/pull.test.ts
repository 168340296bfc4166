import { metricsBatch } from '@millrace/core';
import { afterEach, describe, expect, test } from 'vitest';
import { logs, resourceMetrics } from '../../testdata/batches.ts';
import type { Message } from '../../testdata/clients.ts';
import { closeClients, grpcClient } from '../../testdata/clients.ts';
import { startCache, stopAll } from '../../testdata/server.ts';
import { goTime } from './probe.ts';

afterEach(async () => {
  closeClients();
  await stopAll();
});

const of = (attributes: object = {}) => ({ 'cockroachdb.cluster.name': 'roachy', ...attributes });
const node = (id: string, attributes: object = {}) => of({ 'cockroachdb.node.id': id, ...attributes });

const store = (id: string, storeId: string, scale: bigint) =>
  resourceMetrics(node(id, { 'cockroachdb.store.id': storeId }), [
    { name: 'cockroachdb.store.capacity', value: 10n * scale, attributes: { state: 'used' } },
    { name: 'cockroachdb.store.capacity', value: 70n * scale, attributes: { state: 'available' } },
    { name: 'cockroachdb.store.capacity', value: 1, attributes: { state: 'reserved' } },
    { name: 'cockroachdb.store.capacity.limit', value: 100n * scale },
    { name: 'cockroachdb.ranges', value: 20, attributes: { state: 'total' } },
    { name: 'cockroachdb.ranges', value: 3, attributes: { state: 'unavailable' } },
    { name: 'cockroachdb.replicas', value: 60 },
    { name: 'cockroachdb.qps', value: 1.25 },
  ]);

const probe = (value: number) =>
  metricsBatch([
    resourceMetrics(of(), [{ name: 'cockroachdb.cluster.up', value: 1 }]),
    resourceMetrics(node('2'), [
      { name: 'cockroachdb.node.up', value: 0 },
      { name: 'cockroachdb.node.liveness', value: 1, attributes: { state: 'dead' } },
    ]),
    resourceMetrics(node('1'), [
      { name: 'cockroachdb.node.up', value: 1 },
      { name: 'cockroachdb.node.liveness', value: 1, attributes: { state: 'draining' } },
      { name: 'cockroachdb.node.memory.usage', value: 3_000_000_000 },
      { name: 'cockroachdb.node.memory.limit', value: 8_000_000_000 },
      { name: 'cockroachdb.node.heartbeat.latency.p99', value: 0.0123 },
      { name: 'cockroachdb.node.clock_offset.mean', value: -0.000_25 },
      { name: 'cockroachdb.node.uptime', value },
    ]),
    store('1', '1', 2n ** 56n),
    store('1', '2', 1n),
  ]);

const nothing = {
  Up: false,
  Init: false,
  Out: false,
  Dead: false,
  Ranges: 0,
  Replicas: 0,
  CapacityUsage: 0,
  CapacityReserved: 0,
  CapacityAvailable: 0,
  Capacity: 0,
  TotalSystemMemory: 0,
  MemoryUsage: 0,
  MemoryReserved: 0,
  MemoryAvailable: 0,
  QueriesPerSecond: 0,
  Latency99: 0,
  ClockOffset: 0,
};

const probesIn = (reply: Message): readonly Message[] => (reply['probes'] ?? []) as Message[];
const dataOf = ({ data }: Message): string => Buffer.from(data as Uint8Array).toString();

describe('Pull', () => {
  test('has the nodes as dbmon had them, all stores of each added up', async () => {
    const running = await startCache();
    await running.report(probe(1));
    const reply = await grpcClient(running.port).pull({ clusterId: 'roachy' });
    expect(reply['clusterId']).toBe('roachy');
    const [only, ...others] = probesIn(reply);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ clusterID: 'roachy', status: '200' });
    expect(only!['timestamp']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})? \+0000 UTC$/);
    const data = dataOf(only!);
    // Beyond 2^53, exactly, as numbers.
    expect(data).toContain(`"Capacity":${100n * 2n ** 56n + 100n},`);
    expect(data).toContain(`"CapacityUsage":${10n * 2n ** 56n + 10n},`);
    expect(JSON.parse(data)).toEqual([
      {
        ...nothing,
        ID: 1,
        Up: true,
        Out: true,
        Ranges: 40,
        Replicas: 120,
        CapacityUsage: Number(10n * 2n ** 56n),
        CapacityReserved: 2,
        CapacityAvailable: Number(70n * 2n ** 56n),
        Capacity: Number(100n * 2n ** 56n),
        TotalSystemMemory: 8_000_000_000,
        MemoryUsage: 3_000_000_000,
        MemoryAvailable: 5_000_000_000,
        QueriesPerSecond: 2.5,
        Latency99: 12_300_000,
        ClockOffset: 250_000,
      },
      { ...nothing, ID: 2, Dead: true },
    ]);
  });

  test('gives each connection every probe once, the oldest first', async () => {
    const running = await startCache();
    for (let value = 1; value <= 4; value++) await running.report(probe(value));
    const [one, other] = [grpcClient(running.port), grpcClient(running.port)];
    const pull = async (client: typeof one, nbProbes: number): Promise<number> =>
      probesIn(await client.pull({ clusterId: 'roachy', nbProbes })).length;
    expect(await pull(one, 1)).toBe(1);
    expect(await pull(one, 2)).toBe(2);
    // dbmon crashed here: more than there are.
    expect(await pull(one, 1000)).toBe(1);
    expect(await pull(one, 0)).toBe(0);
    expect(await pull(other, -3)).toBe(4);
    await running.report(probe(5));
    await running.report(logs('roachy', 'a node has gone'));
    expect(await pull(one, 0)).toBe(1);
    expect(await pull(other, 5)).toBe(1);
    expect(await pull(other, 5)).toBe(0);
  });

  test('of an unknown cluster is NOT_FOUND', async () => {
    const running = await startCache();
    await expect(grpcClient(running.port).pull({ clusterId: 'x', nbProbes: 1 })).rejects.toMatchObject({ code: 5 });
  });

  test('a cluster that does not answer is 503', async () => {
    const running = await startCache();
    await running.report(
      metricsBatch([resourceMetrics(of(), [{ name: 'cockroachdb.cluster.up', value: 0, attributes: {} }])]),
    );
    const [only] = probesIn(await grpcClient(running.port).pull({ clusterId: 'roachy' }));
    expect(only).toMatchObject({ status: '503' });
    expect(dataOf(only!)).toBe('[]');
  });

  test('of reports that know nothing of CockroachDB, too', async () => {
    const running = await startCache();
    await running.report(metricsBatch([resourceMetrics(of(), [{ name: 'cpu', value: Number.NaN }])]));
    const [only] = probesIn(await grpcClient(running.port).pull({ clusterId: 'roachy' }));
    expect(only).toMatchObject({ status: '503' });
  });
});

test.each([
  [Date.UTC(2026, 10, 21, 12), '2026-11-21 12:00:00 +0000 UTC'],
  [Date.UTC(2026, 10, 21, 12, 0, 10, 500), '2026-11-21 12:00:10.5 +0000 UTC'],
  [Date.UTC(2026, 10, 21, 12, 0, 10, 57), '2026-11-21 12:00:10.057 +0000 UTC'],
])('%i is %s in Go', (ms, want) => expect(goTime(ms)).toBe(want));

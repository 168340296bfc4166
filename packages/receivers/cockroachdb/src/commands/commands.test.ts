import { resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeNode, json, notReady, text } from '../../testdata/fake-cluster.ts';
import definition from '../index.ts';

let fakes: readonly FakeNode[];
let instance: ReturnType<typeof definition.create>;

beforeEach(async () => {
  fakes = await fakeCluster({ replies: 'v24.1', nodes: ['1', '2'] });
  const clusters = [
    { name: 'shop', endpoints: fakes.map(({ url }) => url) },
    { name: 'gone', endpoints: ['http://127.0.0.1:1'] },
  ];
  instance = definition.create(resolveConfig(definition.config, { clusters }), testContext({ clock: systemClock }));
});
afterEach(async () => {
  await instance.shutdown?.(AbortSignal.timeout(1000));
  for (const fake of fakes) await fake.close();
});

const ask = (name: string, args: Readonly<Record<string, unknown>> = { cluster: 'shop' }): Promise<unknown> =>
  instance.command!({ name, arguments: args, signal: AbortSignal.timeout(5000) });

describe('commands', () => {
  it('health tells of each endpoint', async () => {
    fakes[1]!.answers.set('/health', notReady('node is shutting down'));
    const seconds = expect.any(Number) as unknown;
    expect(await ask('health', {})).toEqual([
      {
        cluster: 'shop',
        endpoint: fakes[0]!.url,
        node: '1',
        up: true,
        ready: true,
        rtt_seconds: seconds,
        error: undefined,
      },
      {
        cluster: 'shop',
        endpoint: fakes[1]!.url,
        node: '2',
        up: true,
        ready: false,
        rtt_seconds: seconds,
        error: 'node is shutting down',
      },
      expect.objectContaining({
        cluster: 'gone',
        up: false,
        error: expect.stringContaining('ECONNREFUSED') as unknown,
      }),
    ]);
  });

  it('info tells of each node that has told of itself', async () => {
    const rows = (await ask('info')) as object[];
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      node: '1',
      version: 'v24.1.5',
      address: 'crdb-1:26257',
      locality: 'region=eu,az=a',
      cpus: 8,
      memory_bytes: 16777216000,
      started_at: '2024-09-30T12:40:00.000Z',
    });
  });

  it('nodes tells the state and the sums of the stores, exactly', async () => {
    const rows = (await ask('nodes')) as object[];
    expect(rows).toHaveLength(5);
    expect(rows[0]).toMatchObject({
      node: '1',
      state: 'live',
      stores: 3,
      ranges: 1910,
      capacity_bytes: 2n ** 62n + 1n + 2n ** 41n,
    });
    expect(rows[3]).toMatchObject({ node: '4', state: 'dead', ranges: undefined });
    expect(rows[4]).toMatchObject({ node: '5', state: 'decommissioned' });
  });

  it('jobs tells them, the oldest first', async () => {
    expect(await ask('jobs')).toMatchObject([
      { job: '1007199254740993124', type: 'CHANGEFEED', status: 'retry-running', created: '2024-09-30T12:40:00.500Z' },
      { job: '1007199254740993123', type: 'BACKUP', status: 'running', fraction_completed: 0.75 },
      { job: '1007199254740993125', type: 'SCHEMA CHANGE', status: 'pending' },
    ]);
  });

  it('hot_ranges tells the hottest, each once', async () => {
    const range = {
      range_id: 7,
      node_id: 1,
      store_id: 1,
      leaseholder_node_id: 1,
      table_name: 'orders',
      database_name: 'shop',
      index_name: '',
    };
    const ranges = [
      { ...range, qps: 1.5 },
      { ...range, range_id: 8, qps: 30 },
      { ...range, qps: 1.5 },
      { ...range, range_id: 9, qps: 0.1 },
    ];
    for (const { answers } of fakes)
      answers.set('/api/v2/ranges/hot/', (_request, response) => json(response, { ranges }));
    expect(await ask('hot_ranges', { cluster: 'shop', limit: 2 })).toMatchObject([
      { range: '8', table: 'orders', index: undefined, queries_per_second: 30 },
      { range: '7', queries_per_second: 1.5 },
    ]);
    const old = { ranges_by_node_id: { 2: [{ range_id: 5, store_id: 4, queries_per_second: 3.25 }] } };
    for (const { answers } of fakes) answers.set('/api/v2/ranges/hot/', (_request, response) => json(response, old));
    expect(await ask('hot_ranges', { cluster: 'shop', limit: 20 })).toMatchObject([
      { range: '5', node: '2', store: '4', queries_per_second: 3.25 },
    ]);
  });

  it('tell why a cluster tells nothing, and which there are', async () => {
    for (const { answers } of fakes)
      answers.set('/_admin/v1/jobs', (_request, response) => text(response, 403, 'not allowed'));
    expect(await ask('jobs', {})).toEqual([
      { cluster: 'shop', error: expect.stringContaining('status 403: not allowed') as unknown },
      { cluster: 'gone', error: expect.any(String) as unknown },
    ]);
    await expect(ask('nodes', { cluster: 'sho' })).rejects.toThrow('There is no cluster sho; there are shop, gone.');
  });
});

import { join } from 'node:path';
import { systemClock } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { harness, type Harness } from '../testdata/harness.ts';
import { hasCockroach, type RealCluster, startRealCluster } from '../testdata/real-cluster.ts';

const cluster = 'cockroachdb.cluster.name="real"';
const node = (id: string): string => `${cluster},cockroachdb.node.id="${id}"`;

const replicasOf = (metrics: string): number =>
  [...metrics.matchAll(/^cockroachdb\.replicas\{.*\|\} (\d+) /gm)].reduce((sum, [, count]) => sum + Number(count), 0);

describe.skipIf(!hasCockroach())('a real cluster', { timeout: 240_000 }, () => {
  let real: RealCluster;
  let receiver: Harness;

  beforeAll(async () => {
    real = await startRealCluster();
    const tls = { ca_file: join(real.certificates, 'ca.crt') };
    const login = { username: 'monitor', password: real.password };
    receiver = await harness(
      {
        clusters: [{ name: 'real', endpoints: real.urls, ...login, tls }],
        presets: ['sql', 'storage', 'replication', 'runtime'],
      },
      { clock: systemClock },
    );
  }, 120_000);
  afterAll(async () => {
    await receiver?.stop();
    await real?.close();
  }, 30_000);

  it('tells of its nodes and stores', async () => {
    const { value, metrics, errors } = await vi.waitFor(
      async () => {
        const scraped = await receiver.scrape();
        expect(scraped.value(`cockroachdb.cluster.nodes{${cluster}|state="live"}`)).toBe(3);
        // All three have told of themselves.
        expect(scraped.value(`cockroachdb.cluster.capacity.limit{${cluster}|}`)).toBe(3 * 2 ** 30);
        expect(scraped.metrics.match(/^cockroachdb\.node\.memory\.utilization\{.*\} 0\.\d+ 1$/gm)).toHaveLength(3);
        // Every range has its three replicas, so that one node can be missed.
        const ranges = Number(scraped.value(`cockroachdb.cluster.ranges{${cluster}|state="total"}`));
        expect(replicasOf(scraped.metrics)).toBe(3 * ranges);
        return scraped;
      },
      { timeout: 200_000, interval: 1000 },
    );
    expect(errors).toEqual([]);
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    for (const id of ['1', '2', '3']) {
      expect(value(`cockroachdb.node.up{${node(id)}|}`)).toBe(1);
      expect(value(`cockroachdb.node.ready{${node(id)}|}`)).toBe(1);
    }
    expect(metrics).toContain(`cockroachdb.version="${real.version}"`);
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="total"}`)).toBeGreaterThan(10);
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="unavailable"}`)).toBe(0);
  });

  it('counts what it is asked for', async () => {
    const deletes = async (): Promise<number> => {
      const { value } = await receiver.scrape();
      return ['1', '2', '3']
        .map((id) => Number(value(`cockroachdb.sql.statements{${node(id)}|operation="delete"}`)))
        .reduce((sum, one) => sum + one);
    };
    const before = await deletes();
    real.sql(`CREATE TABLE t (a INT PRIMARY KEY); ${'DELETE FROM t WHERE a = 1; '.repeat(7)}`);
    await expect.poll(async () => (await deletes()) - before, { timeout: 20_000, interval: 1000 }).toBe(7);
  });

  it('tells of a node that is killed, and goes on with the others', async () => {
    const { metrics } = await receiver.scrape();
    await real.kill(2);
    let said = '';
    const { value, metrics: now } = await vi.waitFor(
      async () => {
        const scraped = await receiver.scrape();
        said += scraped.logs;
        expect(scraped.value(`cockroachdb.cluster.nodes{${cluster}|state="unavailable"}`)).toBe(1);
        return scraped;
      },
      { timeout: 60_000, interval: 500 },
    );
    const killed = /node\.liveness\{[^|]*node\.id="(\d)"\|state="unavailable"\}/.exec(now)?.[1] ?? 'none';
    expect(said).toMatch(new RegExp(`ERROR "Node ${killed} is unavailable; it was `));
    expect(value(`cockroachdb.node.up{${node(killed)}|error.type="unavailable"}`)).toBe(0);
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="live"}`)).toBe(2);
    expect(metrics).toContain(`cockroachdb.node.memory.usage{${node(killed)}|}`);
    expect(value(`cockroachdb.node.memory.usage{${node(killed)}|}`)).toBeUndefined();
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeNode, json } from '../testdata/fake-cluster.ts';
import { harness, type Harness, type Scraped } from '../testdata/harness.ts';

let open: (Harness | FakeNode)[] = [];
afterEach(async () => {
  for (const one of open) await ('stop' in one ? one.stop() : one.close());
  open = [];
});

interface Case {
  readonly replies: string;
  readonly now: string;
  readonly nodes: readonly string[];
  readonly presets?: readonly ('sql' | 'storage' | 'replication' | 'runtime')[];
}

async function scrape({ replies, now, nodes, presets = [] }: Case): Promise<Scraped> {
  const fakes = await fakeCluster({ replies, nodes });
  const receiver = await harness(
    { clusters: [{ name: 'shop', endpoints: fakes.map(({ url }) => url) }], presets },
    { now },
  );
  open.push(...fakes, receiver);
  return receiver.scrape();
}

const cluster = 'cockroachdb.cluster.name="shop"';
const node = (id: number): string => `${cluster},cockroachdb.node.id="${id}"`;
const store = (nodeId: number, id: number): string => `${node(nodeId)},cockroachdb.store.id="${id}"`;

describe('version 20.2', () => {
  const version: Case = { replies: 'v20.2', now: '2020-12-02T14:59:41.250Z', nodes: ['1', '2', '3'] };

  it('gives every metric', async () => {
    const { metrics, logs, errors } = await scrape(version);
    expect(errors).toEqual([]);
    await expect(metrics).toMatchFileSnapshot('../testdata/v20.2/expected.txt');
    expect(logs).toBe(
      [
        `ERROR "1 range is unavailable." {${cluster}|cockroachdb.ranges=1}`,
        `WARN "3 ranges are under-replicated." {${cluster}|cockroachdb.ranges=3}`,
        `WARN "Node 3 is draining." {${node(3)}|cockroachdb.node.state="draining"}`,
      ].join('\n'),
    );
  });

  it('gives the numbers that a hand computes', async () => {
    const { value } = await scrape(version);
    const MiB = 2 ** 20;
    // Used over capacity: (128 + 64 + 256) over (512 + 512 + 1024) MiB.
    expect(value(`cockroachdb.cluster.capacity{${cluster}|state="used"}`)).toBe(448 * MiB);
    expect(value(`cockroachdb.cluster.capacity.limit{${cluster}|}`)).toBe(2048 * MiB);
    expect(value(`cockroachdb.cluster.capacity.utilization{${cluster}|}`)).toBe(0.21875);
    expect(value(`cockroachdb.cluster.capacity{${cluster}|state="reserved"}`)).toBe(4 * MiB);
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="total"}`)).toBe(22 + 21 + 22);
    expect(value(`cockroachdb.cluster.qps{${cluster}|}`)).toBe(15);
    expect(value(`cockroachdb.cluster.tasks.pending{${cluster}|queue="replicate"}`)).toBe(7);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="draining"}`)).toBe(1);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="live"}`)).toBe(2);
    // 125430.5, -318222 and 88011 ns: the second is farthest from 0, and stays below it.
    expect(value(`cockroachdb.cluster.clock_offset.max{${cluster}|cockroachdb.node.id="2"}`)).toBe(-0.000318222);
    expect(value(`cockroachdb.node.clock_offset.mean{${node(1)}|}`)).toBe(0.0001254305);
    expect(value(`cockroachdb.cluster.heartbeat.latency.p99{${cluster}|cockroachdb.node.id="3"}`)).toBe(0.009961471);
    // 1 of 32 GiB.
    expect(value(`cockroachdb.node.memory.utilization{${node(1)}|}`)).toBe(0.03125);
    // From 12:49:21.337496 (1606913361337 ms) to 14:59:41.250.
    expect(value(`cockroachdb.node.uptime{${node(1)}|}`)).toBe(7819.913);
    expect(value(`cockroachdb.tasks.oldest_age{${cluster}|}`)).toBe(60);
    expect(value(`cockroachdb.cluster.jobs{${cluster}|status="running"}`)).toBe(1);
  });
});

describe('version 22.2, recorded', () => {
  const version: Case = { replies: 'v22.2/healthy', now: '2026-11-21T15:09:37.390Z', nodes: ['1', '2', '3'] };

  it('gives every metric, those of the presets too', async () => {
    const { metrics, logs, errors } = await scrape({
      ...version,
      presets: ['sql', 'storage', 'replication', 'runtime'],
    });
    expect(errors).toEqual([]);
    expect(logs).toBe('');
    await expect(metrics).toMatchFileSnapshot('../testdata/v22.2/healthy/expected.txt');
  });

  it('gives the numbers that a hand computes', async () => {
    const { value } = await scrape({ ...version, presets: ['sql', 'storage'] });
    // A node with three stores, 2 + 1 + 2 GiB, two with one of 2 GiB.
    expect(value(`cockroachdb.cluster.capacity.limit{${cluster}|}`)).toBe(9 * 2 ** 30);
    const used = 10016466 + 1465043 + 6191938 + 10113553 + 10736177;
    expect(value(`cockroachdb.cluster.capacity{${cluster}|state="used"}`)).toBe(used);
    expect(value(`cockroachdb.cluster.capacity.utilization{${cluster}|}`)).toBe(used / (9 * 2 ** 30));
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="total"}`)).toBe(12 + 11 + 12 + 9 + 9);
    expect(value(`cockroachdb.replicas{${store(1, 3)}|}`)).toBe(17);
    expect(value(`cockroachdb.replicas.leaseholders{${store(3, 5)}|}`)).toBe(9);
    expect(value(`cockroachdb.qps{${store(2, 4)}|}`)).toBe(2.6801240475891146);
    expect(value(`cockroachdb.node.heartbeat.latency.p99{${node(1)}|}`)).toBe(0.127293264668375);
    expect(value(`cockroachdb.node.clock_offset.mean{${node(1)}|}`)).toBe(-0.000003916);
    expect(value(`cockroachdb.cluster.clock_offset.max{${cluster}|cockroachdb.node.id="3"}`)).toBe(0.000068681);
    expect(value(`cockroachdb.node.memory.usage{${node(2)}|}`)).toBe(235859968);
    expect(value(`cockroachdb.node.memory.limit{${node(2)}|}`)).toBe(25276514304);
    // Started at 14:58:32.662.
    expect(value(`cockroachdb.node.uptime{${node(1)}|}`)).toBe(664.728);
    // Two jobs that were created at 15:08:37.390.
    expect(value(`cockroachdb.cluster.jobs{${cluster}|status="running"}`)).toBe(2);
    expect(value(`cockroachdb.cluster.jobs{${cluster}|status="pending"}`)).toBe(0);
    expect(value(`cockroachdb.tasks.oldest_age{${cluster}|}`)).toBe(60);
  });

  it.each([
    ['unavailable', 2, 0, 'ERROR "Node 2 is unavailable."'],
    ['dead', 2, 0, 'ERROR "Node 2 is dead."'],
    ['draining', 3, 1, 'WARN "Node 3 is draining."'],
    ['decommissioning', 3, 1, 'WARN "Node 3 is decommissioning."'],
  ] as const)('a node that is %s', async (state, id, up, log) => {
    const { value, logs, metrics } = await scrape({ ...version, replies: `v22.2/${state}`, nodes: ['1'] });
    expect(value(`cockroachdb.node.liveness{${node(id)}|state="${state}"}`)).toBe(1);
    expect(value(`cockroachdb.node.up{${node(id)}|${up === 0 ? `error.type="${state}"` : ''}}`)).toBe(up);
    expect(value(`cockroachdb.node.up{${node(1)}|}`)).toBe(1);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="${state}"}`)).toBe(1);
    expect(logs).toContain(log);
    // The last numbers of a node that is gone are not those of now.
    expect(metrics.includes(`cockroachdb.node.memory.usage{${node(id)}|}`)).toBe(up === 1);
    expect(metrics.includes(`cockroachdb.qps{${node(id)},`)).toBe(up === 1);
  });

  it('ranges without a quorum, in a cluster that has one', async () => {
    const { value, logs } = await scrape({ ...version, replies: 'v22.2/range-unavailable', nodes: ['1'] });
    expect(value(`cockroachdb.ranges{${store(1, 1)}|state="unavailable"}`)).toBe(5);
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="unavailable"}`)).toBe(5);
    // Without those that nodes 4 and 5 counted when they were killed: 28 + 10 + 10 + 9.
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="total"}`)).toBe(57);
    expect(logs).toContain('ERROR "5 ranges are unavailable."');
  });

  it('what a user may see who has no rights', async () => {
    const [fake] = await fakeCluster({ replies: 'v22.2/plain-user', nodes: ['1'] });
    const forbidden = { error: 'this operation requires the VIEWCLUSTERMETADATA system privilege', code: 7 };
    for (const path of ['/_status/nodes', '/_status/details/local'])
      fake!.answers.set(path, (_request, response) => json(response, forbidden, 403));
    const receiver = await harness({ clusters: [{ name: 'shop', endpoints: [fake!.url] }] }, version);
    open.push(fake!, receiver);
    const { value, errors, metrics } = await receiver.scrape();
    expect(errors).toEqual([]);
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(value(`cockroachdb.node.ready{${node(1)}|}`)).toBe(1);
    expect(metrics).toContain(`cockroachdb.node.memory.usage{${node(1)}|}`);
    // Everybody may see its page; it is read once, to know which node this is.
    await receiver.scrape();
    expect(fake!.requests.filter((path) => path === '/_status/vars')).toHaveLength(1);
  });

  it('a node that was decommissioned is not expected to be up', async () => {
    const { value, metrics } = await scrape({ ...version, replies: 'v22.2/decommissioned', nodes: ['1'] });
    expect(value(`cockroachdb.node.liveness{${node(3)}|state="decommissioned"}`)).toBe(1);
    expect(metrics).not.toContain(`cockroachdb.node.up{${node(3)}`);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="live"}`)).toBe(3);
  });
});

describe('version 24.1', () => {
  const version: Case = {
    replies: 'v24.1',
    now: '2024-09-30T13:40:00.500Z',
    nodes: ['1', '2', '3'],
    presets: ['sql', 'storage', 'runtime'],
  };

  it('gives every metric', async () => {
    const { metrics, errors } = await scrape(version);
    expect(errors).toEqual([]);
    await expect(metrics).toMatchFileSnapshot('../testdata/v24.1/expected.txt');
  });

  it('gives the numbers that a hand computes, beyond 2^53 too', async () => {
    const { value, metrics } = await scrape(version);
    const TiB = 2n ** 40n;
    expect(value(`cockroachdb.store.capacity.limit{${store(1, 3)}|}`)).toBe(4611686018427387905n);
    expect(value(`cockroachdb.store.capacity{${store(1, 3)}|state="used"}`)).toBe(9007199254740993n);
    // Without node 4, which is dead.
    expect(value(`cockroachdb.cluster.capacity.limit{${cluster}|}`)).toBe(3n * TiB + 4611686018427387905n);
    expect(value(`cockroachdb.cluster.capacity{${cluster}|state="used"}`)).toBe(
      TiB / 4n + TiB / 8n + TiB / 2n + 9007199254740993n,
    );
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="total"}`)).toBe(1000 + 900 + 10 + 1200);
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="underreplicated"}`)).toBe(12);
    expect(value(`cockroachdb.cluster.ranges{${cluster}|state="overreplicated"}`)).toBe(2);
    expect(value(`cockroachdb.cluster.qps{${cluster}|}`)).toBe(3100.75);
    expect(value(`cockroachdb.cluster.sql.connections{${cluster}|}`)).toBe(200);
    expect(value(`cockroachdb.cluster.clock_offset.max{${cluster}|cockroachdb.node.id="1"}`)).toBe(-0.0012);
    expect(value(`cockroachdb.cluster.tasks.pending{${cluster}|queue="lease"}`)).toBe(3);
    expect(value(`cockroachdb.tasks.oldest_age{${cluster}|}`)).toBe(3600);
    expect(value(`cockroachdb.cluster.jobs{${cluster}|status="retry-running"}`)).toBe(1);
    // A node without stores has all but stores.
    expect(value(`cockroachdb.node.up{${node(2)}|}`)).toBe(1);
    expect(metrics).not.toContain(`${node(2)},cockroachdb.store.id`);
    // Of 100 heartbeats, 99 took up to 2 ms; of node 2, 90 of them between 0.5 and 1 ms: 0.5 + 0.5 × 89 / 90.
    expect(value(`cockroachdb.node.heartbeat.latency.p99{${node(1)}|}`)).toBe(0.002);
    expect(value(`cockroachdb.node.heartbeat.latency.p99{${node(2)}|}`)).toBeCloseTo(0.000994444, 9);
    // All 200 of node 3 between 2 and 4 ms.
    expect(value(`cockroachdb.node.heartbeat.latency.p99{${node(3)}|}`)).toBe(0.00398);
    expect(value(`cockroachdb.cluster.heartbeat.latency.p99{${cluster}|cockroachdb.node.id="3"}`)).toBe(0.00398);
    // The float of the page; not those of another tenant, or of one application.
    expect(value(`cockroachdb.sql.statements{${node(1)}|operation="select"}`)).toBe(9007199254740992n);
    expect(value(`cockroachdb.process.cpu.time{${node(3)}|cpu.mode="user"}`)).toBe(1350);
    expect(value(`cockroachdb.storage.data{${store(3, 4)}|kind="live"}`)).toBe(14_000_000_000);
  });
});

import { afterEach, expect, it } from 'vitest';
import { fakeCluster, type FakeNode, json } from '../testdata/fake-cluster.ts';
import { harness, type Harness } from '../testdata/harness.ts';

let open: (Harness | FakeNode)[] = [];
afterEach(async () => {
  for (const one of open) await ('stop' in one ? one.stop() : one.close());
  open = [];
});

interface Told {
  state: number;
  startedAt?: number;
  version?: string;
  unavailable?: number;
  draining?: boolean;
}

/** A cluster that tells of its nodes what the test says. */
async function telling(nodes: Map<number, Told>): Promise<Harness> {
  const [fake] = await fakeCluster({ replies: 'v24.1', nodes: ['1'] });
  const told = () => [...nodes];
  const statuses = () => Object.fromEntries(told().map(([id, { state }]) => [id, state]));
  fake!.answers.set('/_status/nodes', (_request, response) =>
    json(response, {
      nodes: told().map(([id, { startedAt = 1_727_000_000_000, version = 'v24.1.5', unavailable = 0 }]) => ({
        desc: { nodeId: id },
        buildInfo: { tag: version },
        startedAt: `${startedAt}000000`,
        metrics: { 'liveness.heartbeatlatency-p99': 1e6 },
        storeStatuses: [{ desc: { storeId: id }, metrics: { 'ranges.unavailable': unavailable } }],
      })),
      livenessByNodeId: statuses(),
    }),
  );
  fake!.answers.set('/_admin/v1/liveness', (_request, response) =>
    json(response, {
      livenesses: told().map(([id, { draining = false }]) => ({ nodeId: id, draining, membership: 0 })),
      statuses: statuses(),
    }),
  );
  const receiver = await harness({ clusters: [{ name: 'shop', endpoints: [fake!.url] }] });
  open.push(receiver, fake!);
  return receiver;
}

const live = 3;

it('tells what becomes of nodes, once each', async () => {
  const nodes = new Map<number, Told>([
    [1, { state: live }],
    [2, { state: live }],
  ]);
  const receiver = await telling(nodes);
  const logs = async (): Promise<readonly string[]> =>
    (await receiver.scrape()).logs.split('\n').map((line) => line.replace(/ \{.*$/, ''));

  expect(await logs()).toEqual(['']);
  nodes.set(2, { state: 2 });
  expect(await logs()).toEqual(['ERROR "Node 2 is unavailable; it was live."']);
  expect(await logs()).toEqual(['']);
  nodes.set(2, { state: 1 });
  expect(await logs()).toEqual(['ERROR "Node 2 is dead; it was unavailable."']);
  nodes.set(2, { state: live, startedAt: 1_727_000_500_000, version: 'v24.2.0' });
  expect(await logs()).toEqual([
    'INFO "Node 2 is live; it was dead."',
    'INFO "Node 2 runs v24.2.0; it ran v24.1.5."',
    'WARN "Node 2 has been started again."',
  ]);
  nodes.set(3, { state: live });
  expect(await logs()).toEqual(['INFO "Node 3 has joined; it is live."']);
  nodes.set(3, { state: live, draining: true });
  expect(await logs()).toEqual(['WARN "Node 3 is draining; it was live."']);
  nodes.set(3, { state: 5, draining: true });
  expect(await logs()).toEqual(['INFO "Node 3 is decommissioned; it was draining."']);
  nodes.delete(3);
  expect(await logs()).toEqual(['INFO "Node 3 is no longer a part of the cluster; it was decommissioned."']);
});

it('tells when ranges become unavailable and when all are back, and counts the rest as a metric', async () => {
  const nodes = new Map<number, Told>([[1, { state: live }]]);
  const receiver = await telling(nodes);
  expect((await receiver.scrape()).logs).toBe('');
  nodes.set(1, { state: live, unavailable: 12 });
  const { logs, value, resourceLogs } = await receiver.scrape();
  expect(logs).toContain('ERROR "12 ranges are unavailable."');
  expect(resourceLogs[0]?.scopeLogs[0]?.logRecords[0]?.eventName).toBe('cockroachdb.ranges.unavailable');
  expect(value('cockroachdb.cluster.ranges{cockroachdb.cluster.name="shop"|state="unavailable"}')).toBe(12);
  nodes.set(1, { state: live, unavailable: 13 });
  expect((await receiver.scrape()).logs).toBe('');
  nodes.set(1, { state: live });
  expect((await receiver.scrape()).logs).toContain('INFO "All ranges are available again."');
});

it('says once that a cluster cannot be read, and once that it can again', async () => {
  const nodes = new Map<number, Told>([[1, { state: live }]]);
  const receiver = await telling(nodes);
  const fake = open.find((one): one is FakeNode => 'answers' in one)!;
  await receiver.scrape();
  const answer = fake.answers.get('/_status/nodes')!;
  fake.answers.set('/_status/nodes', (_request, response) => json(response, {}, 500));
  expect((await receiver.scrape()).logs).toContain('ERROR "Cluster shop cannot be read: GET ');
  expect((await receiver.scrape()).logs).toBe('');
  fake.answers.set('/_status/nodes', answer);
  expect((await receiver.scrape()).logs).toBe(
    'INFO "Cluster shop can be read again." {cockroachdb.cluster.name="shop"|}',
  );
});

import { describeError } from '@millrace/core';
import { type Asking, ask } from '../cluster/ask.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { identify } from '../cluster/identify.ts';
import { inTurn, probe } from '../cluster/probe.ts';
import { type Reading, readCluster, readJobs } from '../cluster/read.ts';
import type { NodeView } from '../cluster/view.ts';
import { sum, sumOfFloats } from '../record/sum.ts';
import { hotRangesOf, hotRangesShape } from '../status/hot-ranges.ts';
import type { StoreStatus, Whole } from '../status/nodes.ts';

export type Row = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

export function tellHealth({ name, client, endpoints }: Cluster, signal: AbortSignal): Promise<readonly Row[]> {
  return Promise.all(
    endpoints.map(async (endpoint) => {
      const { health, error } = await probe(client, endpoint, signal);
      const node = health && (await identify(client, endpoint, { signal, known: undefined }).catch(() => undefined));
      return {
        cluster: name,
        endpoint: endpoint.base,
        node: node || undefined,
        up: health !== undefined,
        ready: health?.ready,
        rtt_seconds: health?.rttSeconds,
        error: error ? describeError(error) : health?.message,
      };
    }),
  );
}

export const tellInfo = (cluster: Cluster, signal: AbortSignal): Promise<readonly Row[]> =>
  tellOfNodes(
    cluster,
    signal,
    ({ id, status, current }, time) =>
      status && {
        cluster: cluster.name,
        node: id,
        version: status.version,
        address: status.address,
        sql_address: status.sqlAddress,
        locality: status.locality,
        cpus: status.cpus,
        memory_bytes: status.memoryLimit,
        started_at: status.startedAt === undefined ? undefined : new Date(status.startedAt).toISOString(),
        uptime_seconds:
          current && status.startedAt !== undefined ? Math.max(0, time - status.startedAt) / 1000 : undefined,
      },
  );

export const tellNodes = (cluster: Cluster, signal: AbortSignal): Promise<readonly Row[]> =>
  tellOfNodes(cluster, signal, ({ id, state, status, current, probe: probed }) => {
    const stores = current && status ? status.stores : [];
    const total = (pick: (store: StoreStatus) => Whole): Whole => sum(stores.map(pick));
    return {
      cluster: cluster.name,
      node: id,
      state,
      ready: probed?.health?.ready,
      stores: current ? stores.length : undefined,
      ranges: total((store) => store.ranges),
      ranges_unavailable: total((store) => store.unavailable),
      ranges_underreplicated: total((store) => store.underreplicated),
      replicas: total((store) => store.replicas),
      leaseholders: total((store) => store.leaseholders),
      used_bytes: total((store) => store.used),
      capacity_bytes: total((store) => store.capacity),
      memory_bytes: current ? status?.rss : undefined,
      queries_per_second: sumOfFloats(stores.map((store) => store.queriesPerSecond)),
      sql_connections: current ? status?.connections : undefined,
    };
  });

export async function tellJobs(cluster: Cluster, signal: AbortSignal): Promise<readonly Row[]> {
  return unlessFailed(cluster, async (fail) => {
    const jobs = await readJobs(() => askingOf(cluster, signal, fail));
    const now = Date.now();
    return [...(jobs ?? failed())]
      .sort((a, b) => (a.created ?? Infinity) - (b.created ?? Infinity))
      .map(({ id, type, status, description, created, fractionCompleted }) => ({
        cluster: cluster.name,
        job: id,
        type,
        status,
        description,
        created: created === undefined ? undefined : new Date(created).toISOString(),
        age_seconds: created === undefined ? undefined : Math.max(0, now - created) / 1000,
        fraction_completed: fractionCompleted,
      }));
  });
}

export async function tellHotRanges(cluster: Cluster, signal: AbortSignal, limit: number): Promise<readonly Row[]> {
  const question = { path: '/api/v2/ranges/hot/', shape: hotRangesShape, parse: hotRangesOf };
  return unlessFailed(cluster, async (fail) => {
    const ranges = await ask(question, askingOf(cluster, signal, fail));
    return (ranges ?? failed()).slice(0, limit).map(({ queriesPerSecond, ...range }) => ({
      cluster: cluster.name,
      ...range,
      queries_per_second: queriesPerSecond,
    }));
  });
}

async function tellOfNodes(
  cluster: Cluster,
  signal: AbortSignal,
  row: (node: NodeView, time: number) => Row | undefined,
): Promise<readonly Row[]> {
  const time = Date.now();
  return unlessFailed(cluster, async (fail) => {
    const reading: Reading = await readCluster(cluster, {
      time,
      signal,
      fail,
      wantsJobs: false,
      identities: new Map(),
    });
    return (reading.nodes ?? failed()).map((node) => row(node, time)).filter((told) => told !== undefined);
  });
}

const askingOf = ({ client, endpoints }: Cluster, signal: AbortSignal, fail: (error: unknown) => void): Asking => ({
  client,
  signal,
  endpoints: inTurn(endpoints.map((endpoint) => probe(client, endpoint, signal))),
  fail,
});

class Failed extends Error {}

function failed(): never {
  throw new Failed();
}

/** The rows, or one that says why there are none. */
async function unlessFailed(
  { name }: Cluster,
  tell: (fail: (error: unknown) => void) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  let reason: unknown;
  try {
    return await tell((error) => (reason ??= error));
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return [{ cluster: name, error: reason === undefined ? 'None of its endpoints answers.' : describeError(reason) }];
  }
}

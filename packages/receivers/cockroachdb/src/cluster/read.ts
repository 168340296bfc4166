import type { Endpoint } from '../api/endpoint.ts';
import type { ApiError } from '../api/error.ts';
import type { Job } from '../status/jobs.ts';
import { jobStatuses, jobsOf, jobsPath, jobsShape } from '../status/jobs.ts';
import { livenessOf, livenessShape } from '../status/liveness.ts';
import { type NodesReply, type NodeStatus, nodesOf, nodesShape } from '../status/nodes.ts';
import { type Asking, ask } from './ask.ts';
import type { Cluster } from './cluster.ts';
import { identify } from './identify.ts';
import { inTurn, type Probe, probe } from './probe.ts';
import { type NodeView, viewsOf } from './view.ts';

/** What was found out about a cluster at one time. */
export interface Reading {
  /** Of each endpoint, in their order. */
  readonly probes: readonly Probe[];
  /** Undefined where no endpoint told of the nodes; `failure` says why. */
  readonly nodes: readonly NodeView[] | undefined;
  readonly failure: ApiError | undefined;
  /** Undefined where they are not wanted, or may not be seen. */
  readonly jobs: readonly Job[] | undefined;
}

export interface ReadOptions {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly signal: AbortSignal;
  readonly wantsJobs: boolean;
  /** Which endpoint was which node when it was last known; empty of one that does not tell. */
  readonly identities: Map<string, string>;
  fail(error: unknown): void;
}

const nodesQuestion = { path: '/_status/nodes', shape: nodesShape, parse: nodesOf };
/** The same for users who may not see everything, without addresses: what the nodes' own web pages show. From version 22.2. */
const nodesForAllQuestion = { ...nodesQuestion, path: '/_status/nodes_ui' };
const livenessQuestion = { path: '/_admin/v1/liveness', shape: livenessShape, parse: livenessOf };

/** Never rejects. All is asked at the same time. */
export async function readCluster(cluster: Cluster, options: ReadOptions): Promise<Reading> {
  const { client, endpoints } = cluster;
  const { signal, time, fail } = options;
  const probing = endpoints.map((endpoint) => probe(client, endpoint, signal));
  const asking = (failed: (error: ApiError) => void): Asking => ({
    client,
    signal,
    endpoints: inTurn(probing),
    fail: failed,
  });
  const [{ nodes, failure }, liveness, jobs, probes] = await Promise.all([
    readNodes(asking, fail),
    ask(livenessQuestion, asking(fail)),
    options.wantsJobs ? readJobs(() => asking(fail)) : undefined,
    Promise.all(probing),
    identifyAll(cluster, probing, options),
  ]);
  for (const { error } of probes) if (error) fail(error);
  if (!nodes) return { probes, nodes: undefined, failure: failure ?? probes.find(({ error }) => error)?.error, jobs };
  matchAddresses(endpoints, nodes.nodes, options.identities);
  const byNode = probesByNode(probes, options.identities);
  return { probes, nodes: viewsOf({ time, nodes, liveness, probes: byNode }), failure: undefined, jobs };
}

async function readNodes(
  asking: (failed: (error: ApiError) => void) => Asking,
  fail: (error: ApiError) => void,
): Promise<{ readonly nodes: NodesReply | undefined; readonly failure: ApiError | undefined }> {
  const failures: ApiError[] = [];
  const nodes = await ask(
    nodesQuestion,
    asking((error) => failures.push(error)),
  );
  const failure = failures.at(-1);
  const open =
    failure?.reason === 'forbidden'
      ? await ask(
          nodesForAllQuestion,
          asking(() => {}),
        )
      : undefined;
  for (const error of failures) if (!open || error !== failure) fail(error);
  return { nodes: nodes ?? open, failure };
}

/** Asks each endpoint that answers which node it is; what does not answer is what it was. */
async function identifyAll(
  { client }: Cluster,
  probing: readonly Promise<Probe>[],
  { signal, identities }: ReadOptions,
): Promise<void> {
  await Promise.all(
    probing.map(async (answer) => {
      const { endpoint, health } = await answer;
      if (!health) return;
      const known = identities.get(endpoint.base);
      const id = await identify(client, endpoint, { signal, known }).catch(() => undefined);
      if (id !== undefined) identities.set(endpoint.base, id);
    }),
  );
}

/** A node that drains does not say which it is, but the others say where it answers. */
function matchAddresses(
  endpoints: readonly Endpoint[],
  nodes: readonly NodeStatus[],
  identities: Map<string, string>,
): void {
  for (const { base, address } of endpoints) {
    const node = identities.get(base) ? undefined : nodes.find(({ httpAddress }) => httpAddress === address);
    if (node) identities.set(base, node.id);
  }
}

/** Of two endpoints that are the same node, the first counts. */
export function probesByNode(
  probes: readonly Probe[],
  identities: ReadonlyMap<string, string>,
): ReadonlyMap<string, Probe> {
  const byNode = new Map<string, Probe>();
  for (const one of probes) {
    const id = identities.get(one.endpoint.base);
    if (id && !byNode.has(id)) byNode.set(id, one);
  }
  return byNode;
}

/** All or none: a part of them would look as if the others had ended. */
export async function readJobs(asking: () => Asking): Promise<readonly Job[] | undefined> {
  const lists = await Promise.all(
    jobStatuses.map((status) => ask({ path: jobsPath(status), shape: jobsShape, parse: jobsOf }, asking())),
  );
  return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
}

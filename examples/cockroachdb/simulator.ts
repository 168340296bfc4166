// A small CockroachDB of nodes that are only an HTTP API: what they answer has the shape of version 24.1, with numbers that
// move. Nodes die, drain, join; with two of three gone, there is no quorum. Of use to see what the receiver tells of it.
//   node -C source examples/cockroachdb/simulator.ts        starts three nodes; with `--once` it only says where, and ends
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';

export interface Simulator {
  /** Of all nodes that were ever started, in the order of their ids. */
  readonly urls: readonly string[];
  readonly username: string;
  readonly password: string;
  /** Another node; resolves with its id. */
  join(): Promise<number>;
  /** It answers nothing from now on. The others say after two seconds that it is unavailable, and after six that it is dead. */
  kill(id: number): Promise<void>;
  restart(id: number): Promise<void>;
  drain(id: number): void;
  /** Who asks has to log in again. */
  endSessions(): void;
  close(): Promise<void>;
}

interface Node {
  readonly id: number;
  server: Server | undefined;
  url: string;
  startedAt: number;
  diedAt: number | undefined;
  draining: boolean;
  statements: number;
}

interface Cluster {
  readonly nodes: Map<number, Node>;
  readonly sessions: Set<string>;
  readonly began: number;
}

const [username, password] = ['monitor', 'cockroach'];
const [ranges, GiB, version] = [90, 2 ** 30, 'v24.1.5'];

const nanoseconds = (ms: number): string => `${Math.round(ms)}000000`;
/** Moves between 0 and 1, for each node in its own time. */
const wave = (id: number): number => (1 + Math.sin(Date.now() / 4000 + id * 2)) / 2;

const alive = ({ nodes }: Cluster): Node[] => [...nodes.values()].filter(({ server }) => server);
const hasQuorum = (cluster: Cluster): boolean => alive(cluster).length > Math.min(cluster.nodes.size, 3) / 2;

/** As NodeLivenessStatus numbers them: dead, unavailable, live, draining. */
function livenessOf({ diedAt, draining }: Node): number {
  const since = diedAt === undefined ? 0 : Date.now() - diedAt;
  if (since > 6000) return 1;
  if (since > 2000) return 2;
  return draining ? 6 : 3;
}

const statuses = ({ nodes }: Cluster): object =>
  Object.fromEntries([...nodes.values()].map((node) => [node.id, livenessOf(node)]));

function descriptorOf({ id, url, startedAt }: Node): object {
  const rpc = { networkField: 'tcp', addressField: `node${id}:26257` };
  return {
    nodeId: id,
    address: rpc,
    sqlAddress: rpc,
    httpAddress: { networkField: 'tcp', addressField: new URL(url).host },
    locality: {
      tiers: [
        { key: 'region', value: 'eu' },
        { key: 'zone', value: `z${id}` },
      ],
    },
    buildTag: version,
    startedAt: nanoseconds(startedAt),
  };
}

/** The leases are with the nodes that take clients; each range has three replicas, as far as there are nodes for them. */
function storeOf(cluster: Cluster, { id, diedAt, draining }: Node): object {
  const serving = alive(cluster).filter((node) => !node.draining).length;
  const leases = diedAt === undefined && !draining ? Math.round(ranges / serving) : 0;
  const missing = Math.min(3, cluster.nodes.size) - Math.min(3, alive(cluster).length);
  const used = Math.round((12 + 3 * id + (Date.now() - cluster.began) / 30_000) * GiB);
  const available = 100 * GiB - used;
  return {
    desc: {
      storeId: id,
      capacity: {
        capacity: String(100 * GiB),
        used: String(used),
        available: String(available),
        rangeCount: ranges,
        leaseCount: leases,
        queriesPerSecond: leases * (4 + 2 * wave(id)),
      },
    },
    metrics: {
      capacity: 100 * GiB,
      'capacity.used': used,
      'capacity.available': available,
      'capacity.reserved': 0,
      ranges: leases,
      'ranges.unavailable': 0,
      'ranges.underreplicated': missing > 0 ? leases : 0,
      'ranges.overreplicated': 0,
      replicas: ranges,
      'replicas.leaseholders': leases,
      'queue.replicate.pending': missing * 7,
      'queue.gc.pending': Math.round(4 * wave(id)),
      'queue.split.pending': 0,
    },
  };
}

function statusOf(cluster: Cluster, node: Node): object {
  const { id, startedAt, diedAt, draining } = node;
  return {
    desc: descriptorOf(node),
    buildInfo: { tag: version },
    startedAt: nanoseconds(startedAt),
    updatedAt: nanoseconds(diedAt ?? Date.now()),
    metrics: {
      'sys.rss': Math.round((2 + wave(id)) * GiB),
      'sys.cpu.combined.percent-normalized': 0.1 + 0.3 * wave(id),
      'clock-offset.meannanos': Math.round((wave(id) - 0.5) * 600_000),
      'liveness.heartbeatlatency-p99': Math.round((3 + 6 * wave(id)) * 1e6),
      'sql.conns': draining ? 0 : 20 + 5 * id,
    },
    storeStatuses: [storeOf(cluster, node)],
    totalSystemMemory: String(16 * GiB),
    numCpus: 8,
  };
}

function jobsOf({ began }: Cluster, wanted: string | null): object[] {
  if (wanted !== 'running') return [];
  const created = new Date(began - 90_000).toISOString();
  const backup = { type: 'BACKUP', description: 'BACKUP DATABASE shop INTO LATEST', fractionCompleted: wave(1) };
  return [{ id: '1007199254740993123', status: 'running', created, ...backup }];
}

function hotRangesOf({ id }: Node): object[] {
  const where = { node_id: id, store_id: id, leaseholder_node_id: id };
  const what = { database_name: 'shop', table_name: 'orders', index_name: 'orders_pkey' };
  return [1, 2, 3].map((rank) => ({ range_id: 40 + rank, qps: 90 / rank, ...where, ...what }));
}

/** The page in the Prometheus text format. */
function varsOf(node: Node): string {
  node.statements += Math.round(200 * wave(node.id));
  const labels = `node_id="${node.id}"`;
  const bucket = (bound: string, share: number): string =>
    `sql_service_latency_bucket{${labels},le="${bound}"} ${Math.round(node.statements * share)}`;
  return [
    '# TYPE node_id gauge',
    `node_id{advertise_addr="node${node.id}:26257",http_addr="${new URL(node.url).host}"} ${node.id}`,
    '# TYPE sql_select_count counter',
    `sql_select_count{${labels}} ${node.statements}`,
    '# TYPE sql_service_latency histogram',
    bucket('1e+06', 0.5),
    bucket('5e+06', 0.9),
    bucket('2e+07', 0.995),
    bucket('+Inf', 1),
    '',
  ].join('\n');
}

/** What a path tells a user with a session; undefined if there is no such path. */
function tell(cluster: Cluster, node: Node, url: URL): object | undefined {
  const all = [...cluster.nodes.values()];
  switch (url.pathname) {
    case '/_status/nodes':
      return { nodes: all.map((one) => statusOf(cluster, one)), livenessByNodeId: statuses(cluster) };
    case '/_status/details/local':
      return { nodeId: node.id, buildInfo: { tag: version } };
    case '/_admin/v1/liveness':
      return {
        livenesses: all.map(({ id, draining }) => ({ nodeId: id, draining, membership: 0 })),
        statuses: statuses(cluster),
      };
    case '/_admin/v1/jobs':
      return { jobs: jobsOf(cluster, url.searchParams.get('status')) };
    case '/api/v2/ranges/hot/':
      return { ranges: hotRangesOf(node) };
    default:
      return undefined;
  }
}

function reply(response: ServerResponse, status: number, body: object | string): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body, undefined, 2));
}

async function logIn({ sessions }: Cluster, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
  const form = new URLSearchParams(body);
  if (form.get('username') !== username || form.get('password') !== password)
    return reply(response, 401, 'the provided credentials did not match any account on the server');
  const session = Buffer.from(`session of ${Date.now()}`).toString('base64');
  sessions.add(session);
  return reply(response, 200, { session });
}

async function answer(cluster: Cluster, node: Node, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', node.url);
  if (url.pathname === '/health') {
    const error = node.draining ? 'node is shutting down' : hasQuorum(cluster) ? undefined : 'node is not healthy';
    if (error === undefined) return reply(response, 200, {});
    return reply(response, 503, { error, code: 14, message: error, details: [] });
  }
  if (url.pathname === '/_status/vars')
    return reply(response, 200, varsOf(cluster.nodes.get(Number(url.searchParams.get('remote_node_id'))) ?? node));
  // Without a quorum, sessions and statuses cannot be read: a real node does not answer either.
  if (!hasQuorum(cluster)) return undefined;
  if (url.pathname === '/api/v2/login/') return logIn(cluster, request, response);
  if (node.draining || !cluster.sessions.has(String(request.headers['x-cockroach-api-session'])))
    return reply(response, 401, 'a valid authentication cookie or JWT is required');
  const told = tell(cluster, node, url);
  return told ? reply(response, 200, told) : reply(response, 404, 'Not Found');
}

async function listen(cluster: Cluster, node: Node): Promise<void> {
  const server = createServer((request, response) => void answer(cluster, node, request, response));
  // A node that is started again has the same port.
  if (node.url === '') node.url = `http://127.0.0.1:${await freePort()}`;
  server.listen(Number(new URL(node.url).port), '127.0.0.1');
  await once(server, 'listening');
  Object.assign(node, { server, startedAt: Date.now(), diedAt: undefined, draining: false });
}

async function stop(node: Node): Promise<void> {
  const { server } = node;
  if (!server) return;
  Object.assign(node, { server: undefined, diedAt: Date.now() });
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}

export async function startSimulator(size = 3): Promise<Simulator> {
  const cluster: Cluster = { nodes: new Map(), sessions: new Set(), began: Date.now() };
  const { nodes, sessions } = cluster;

  async function join(): Promise<number> {
    const id = nodes.size + 1;
    const stopped = { server: undefined, url: '', startedAt: 0, diedAt: undefined, draining: false };
    const node: Node = { id, ...stopped, statements: 1000 };
    await listen(cluster, node);
    nodes.set(id, node);
    return id;
  }

  for (let started = 0; started < size; started++) await join();
  return {
    get urls() {
      return [...nodes.values()].map(({ url }) => url);
    },
    username,
    password,
    join,
    kill: (id) => stop(nodes.get(id)!),
    restart: (id) => listen(cluster, nodes.get(id)!),
    drain: (id) => void (nodes.get(id)!.draining = true),
    endSessions: () => sessions.clear(),
    close: async () => void (await Promise.all([...nodes.values()].map(stop))),
  };
}

if (import.meta.main) {
  const simulator = await startSimulator();
  console.log(`Nodes: ${simulator.urls.join(' ')}   user ${simulator.username}, password ${simulator.password}`);
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  const forever = 2 ** 31 - 1;
  if (!process.argv.includes('--once')) await sleep(forever, undefined, { signal: stopped.signal }).catch(() => {});
  await simulator.close();
}

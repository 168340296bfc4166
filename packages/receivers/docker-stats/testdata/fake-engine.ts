import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Json = Record<string, unknown>;
type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export interface FakeContainer {
  readonly inspect: Json;
  readonly stats: Json;
}

export interface FakeEngine {
  /** unix:// and a socket of its own. */
  readonly endpoint: string;
  readonly containers: Map<string, FakeContainer>;
  /** The paths that were asked for, with their queries, without the version. */
  readonly asked: string[];
  /** Streams of events that are open. */
  readonly listeners: number;
  /** The most requests for statistics that were open at once. */
  readonly statsAtOnce: number;
  /** Says that something has happened; `time` in milliseconds. */
  emit(action: string, id: string, options?: { readonly time?: number; readonly attributes?: Json }): void;
  /** Writes to the streams of events as it is. */
  write(text: string): void;
  /** Breaks all connections off. */
  hangUp(): void;
  /** Answers requests whose path begins so, without the version, by itself. */
  override(path: string, handler: Handler | undefined): void;
  /** Stops listening, and breaks off what is open. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly version?: Json;
  readonly containers?: readonly FakeContainer[];
  /** Milliseconds until a sample, as the real one waits for its next tick. */
  readonly statsDelayMs?: number;
}

export const captured = (folder: string, file: string): Json =>
  JSON.parse(readFileSync(new URL(`./${folder}/${file}.json`, import.meta.url), 'utf8')) as Json;

export const capturedContainer = (folder: string): FakeContainer => ({
  inspect: captured(folder, 'inspect'),
  stats: captured(folder, 'stats'),
});

/** A container like a captured one, with another id and name. */
export function another(container: FakeContainer, id: string, name: string): FakeContainer {
  return { inspect: { ...container.inspect, Id: id, Name: `/${name}` }, stats: { ...container.stats, id, name: `/${name}` } };
}

/** An engine as strict as a real one about paths, versions and queries, that can be made to do what a real one cannot. */
export async function fakeEngine({
  version = captured('docker-20.10-cgroup-v1', 'version'),
  containers: given = [],
  statsDelayMs = 0,
}: Options = {}): Promise<FakeEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'fake-engine-'));
  const socket = join(folder, 'docker.sock');
  const containers = new Map(given.map((one) => [String(one.inspect['Id']), one]));
  const overrides = new Map<string, Handler>();
  const asked: string[] = [];
  const listening = new Set<ServerResponse>();
  const past: { time: bigint; line: string }[] = [];
  let server: Server;
  let statsOpen = 0;
  let statsAtOnce = 0;

  const json = (response: ServerResponse, body: unknown): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'api-version': String(version['ApiVersion']) });
    response.end(JSON.stringify(body));
  };
  const refuse = (response: ServerResponse, status: number, message: string): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message }));
  };

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://engine');
    const [, spoken, path = ''] = /^(?:\/v(\d+\.\d+))?(\/.*)$/.exec(url.pathname) ?? [];
    asked.push(`${path}${url.search}`);
    const override = [...overrides].find(([prefix]) => path.startsWith(prefix));
    if (override) return override[1](request, response, url);
    if (request.method !== 'GET') return refuse(response, 405, 'method not allowed');
    if (!request.headers.host) return refuse(response, 400, 'missing required Host header');
    if (spoken !== undefined) {
      const minor = Number(spoken.split('.')[1]);
      const [newest, oldest] = [version['ApiVersion'], version['MinAPIVersion'] ?? '1.12'].map(String);
      if (minor > Number(newest!.split('.')[1]))
        return refuse(response, 400, `client version ${spoken} is too new. Maximum supported API version is ${newest}`);
      if (minor < Number(oldest!.split('.')[1]))
        return refuse(response, 400, `client version ${spoken} is too old. Minimum supported API version is ${oldest}, please upgrade your client to a newer version`);
    }
    if (path === '/version') return json(response, version);
    if (path === '/_ping') {
      response.writeHead(200, { 'api-version': String(version['ApiVersion']), 'content-type': 'text/plain' });
      return void response.end('OK');
    }
    if (path === '/containers/json') return json(response, list(url.searchParams.get('all') === 'true'));
    if (path === '/events') return events(url, response);
    const [, id = '', what] = /^\/containers\/([^/]+)\/(json|stats)$/.exec(path) ?? [];
    if (what === undefined) return refuse(response, 404, 'page not found');
    const container = containers.get(id);
    if (!container) return refuse(response, 404, `No such container: ${id}`);
    return what === 'json' ? json(response, container.inspect) : stats(container, { url, request, response });
  }

  const stateOf = ({ inspect }: FakeContainer): string => String((inspect['State'] as Json)['Status']);

  const list = (all: boolean): Json[] =>
    [...containers.values()]
      .filter((one) => all || ['running', 'paused', 'restarting'].includes(stateOf(one)))
      .map((one) => ({ Id: one.inspect['Id'], Names: [one.inspect['Name']], State: stateOf(one) }));

  function events(url: URL, response: ServerResponse): void {
    const filters = JSON.parse(url.searchParams.get('filters') ?? '{}') as Record<string, string[]>;
    if (filters['type']?.join() !== 'container') return refuse(response, 400, 'this test wants events of containers');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const since = url.searchParams.get('since');
    if (since !== null) {
      const [seconds = '0', nanos = '0'] = since.split('.');
      const from = BigInt(seconds) * 1_000_000_000n + BigInt(nanos.padEnd(9, '0'));
      for (const { time, line } of past) if (time >= from) response.write(line);
    }
    listening.add(response);
    response.on('close', () => listening.delete(response));
  }

  function stats(
    container: FakeContainer,
    { url, request, response }: { url: URL; request: IncomingMessage; response: ServerResponse },
  ): void {
    statsAtOnce = Math.max(statsAtOnce, ++statsOpen);
    response.on('close', () => statsOpen--);
    const frame = (): string => `${JSON.stringify(containers.get(String(container.inspect['Id']))?.stats ?? container.stats)}\n`;
    response.setHeader('content-type', 'application/json');
    if (url.searchParams.get('stream') === 'false')
      return void setTimeout(() => response.end(frame()), statsDelayMs);
    response.flushHeaders();
    const timer = setInterval(() => response.write(frame()), Math.max(10, statsDelayMs));
    request.on('close', () => clearInterval(timer));
    response.on('close', () => clearInterval(timer));
    return undefined;
  }

  async function start(): Promise<void> {
    server = createServer(handle);
    server.listen(socket);
    await once(server, 'listening');
  }

  async function stop(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  await start();
  return {
    endpoint: `unix://${socket}`,
    containers,
    asked,
    get listeners() {
      return listening.size;
    },
    get statsAtOnce() {
      return statsAtOnce;
    },
    emit(action, id, { time = Date.now(), attributes = {} } = {}) {
      const nanos = BigInt(time) * 1_000_000n;
      const seconds = Math.floor(time / 1000);
      const actor = { ID: id, Attributes: { image: 'shop/web:1.4', name: 'web', ...attributes } };
      const event = { Type: 'container', Action: action, Actor: actor, scope: 'local', time: seconds };
      const line = `${JSON.stringify(event).slice(0, -1)},"timeNano":${nanos}}\n`;
      past.push({ time: nanos, line });
      for (const response of listening) response.write(line);
    },
    write(text) {
      for (const response of listening) response.write(text);
    },
    hangUp: () => server.closeAllConnections(),
    override(path, handler) {
      if (handler) overrides.set(path, handler);
      else overrides.delete(path);
    },
    stop,
    start,
    async close() {
      if (server.listening) await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

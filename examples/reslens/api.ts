// The routes of ResLens' middleware that are about profiles, processes and health, answered by pipelines/reslens.yaml inside this
// program, and by the Prometheus that scrapes it.
//   PYROSCOPE_SERVER_ADDRESS=http://localhost:4040 LOG_BASE_PATH=/var/log/resilientdb PORT=3002 \
//   NODE_EXPORTER_BASE_URL=http://localhost:9090/api/v1/query_range node examples/reslens/api.ts
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collector, createCollector, createLogger, describeError, PermanentError } from '@millrace/core';
import { parseWindow, QueryError } from '@millrace/pyroscope-client';

interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

interface Asking {
  readonly collector: Collector;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

const prefix = '/api/v1';
const json = (value: unknown, status = 200): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
});
const markdown = (body: string): Answer => ({ type: 'text/markdown; charset=utf-8', body });

/** A profile of any time: `{ query: "cpp_client_1", from: "now-5m", until: "now" }`, where the query is an application or `application.type`. */
function profile({ collector, asked, signal }: Asking, more: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { query, from = 'now-5m', until = 'now' } = asked;
  if (typeof query !== 'string' || query === '')
    throw new PermanentError('query must be the name of an application, such as "cpp_client_1"');
  const named = /[.{:]/.test(query) ? query : `${query}.cpu`;
  const given = { query: named, from: String(from), until: String(until), ...more };
  return collector.commands.call({ receiver: 'pyroscope', command: 'profile', arguments: given, signal });
}

/** What Prometheus has of the replicas, `[seconds, "value"]`: `{ query: "rate(…[1m])", from: "now-5m", until: "now", step: 28 }`. */
async function rangeQuery({ query, from = 'now-5m', until = 'now', step = 28 }: Asking['asked'], signal: AbortSignal) {
  const time = (name: string, text: unknown) => ({ name, text: String(text) });
  const { startMs, endMs } = parseWindow(time('from', from), time('until', until), Date.now());
  const url = new URL(process.env['NODE_EXPORTER_BASE_URL'] ?? 'http://localhost:9090/api/v1/query_range');
  const asked = {
    query: String(query ?? ''),
    start: String(startMs / 1000),
    end: String(endMs / 1000),
    step: String(step),
  };
  url.search = String(new URLSearchParams(asked));
  const response = await fetch(url, { signal });
  const { data, error } = (await response.json()) as {
    data?: { result: { metric: Record<string, string>; values: [number, string][] }[] };
    error?: string;
  };
  if (error !== undefined) throw new PermanentError(error);
  return data?.result.find(({ metric }) => metric['groupname'] === 'kv_service')?.values ?? [];
}

/** As the pipeline has it; in the views of the library, which has no other functions. */
const ours = { show: process.env['RESLENS_FUNCTIONS'] ?? 'resdb::' };

const routes: Readonly<Record<string, (asking: Asking) => Promise<Answer>>> = {
  [`GET ${prefix}/healthcheck`]: async ({ collector }) => {
    const { ready, starting, exporters } = collector.status();
    const failing = [...exporters].flatMap(([name, { failingSince, lastError }]) =>
      failingSince === undefined ? [] : [{ name, since: new Date(failingSince), error: lastError }],
    );
    const timestamp = new Date();
    return json(
      { status: ready ? 'UP' : 'STARTING', timestamp, starting: Object.fromEntries(starting), failing },
      ready ? 200 : 503,
    );
  },
  [`POST ${prefix}/nodeExporter/getCpuUsage`]: async ({ asked, signal }) =>
    json({ data: await rangeQuery(asked, signal) }),
  [`POST ${prefix}/pyroscope/getProfile`]: async (asking) => {
    const { format = 'json' } = asking.asked;
    if (format === 'json') return json(await profile(asking, { format: 'flamebearer' }));
    if (format !== 'pprof') throw new PermanentError('format must be "json" or "pprof"');
    const { pprof } = (await profile(asking, { format })) as { pprof: string };
    return { type: 'application/octet-stream', body: Buffer.from(pprof, 'base64') };
  },
  [`POST ${prefix}/pyroscope/profileSummary`]: async (asking) =>
    markdown((await profile(asking, { format: 'tree', sort: 'total', ...ours })) as string),
  [`POST ${prefix}/pyroscope/explainFlamegraph`]: async (asking) =>
    markdown((await profile(asking, { format: 'report', ...ours })) as string),
};

const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'content-type',
  'access-control-allow-methods': 'GET, POST',
};

async function answer(collector: Collector, request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
  if (request.method === 'OPTIONS') return { status: 204, type: 'text/plain', body: '' };
  const pathname = URL.parse(request.url!, 'http://localhost')?.pathname;
  const route = routes[`${request.method} ${pathname}`];
  if (!route) return json({ error: `There are ${Object.keys(routes).join(', ')}.` }, 404);
  try {
    const asked = request.method === 'POST' ? await bodyOf(request) : {};
    return await route({ collector, asked, signal });
  } catch (error) {
    const isTheirs = error instanceof PermanentError || error instanceof QueryError;
    return json({ error: describeError(error) }, isTheirs ? 400 : 500);
  }
}

const mostBytes = 65_536;

async function bodyOf(request: IncomingMessage): Promise<Asking['asked']> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > mostBytes) throw new PermanentError(`The body must not be longer than ${mostBytes} bytes`);
  }
  try {
    const value: unknown = JSON.parse(text || '{}');
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Asking['asked'];
  } catch {
    // Said below.
  }
  throw new PermanentError('The body must be a JSON object');
}

export interface Api {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the routes until it is closed. Rejects if the port is taken. */
export async function serveApi(collector: Collector, port: number): Promise<Api> {
  const server = createServer(async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { status = 200, type, body } = await answer(collector, request, gone.signal);
    response.writeHead(status, { ...cors, 'content-type': type }).end(body);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}${prefix}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const collector = await createCollector(join(root, 'pipelines/reslens.yaml'), {
    folders: [join(root, 'packages/cli')],
    log: createLogger({ level: 'info', encoding: 'console', write: (line) => console.error(line) }),
  });
  await collector.start();
  const api = await serveApi(collector, Number(process.env['PORT'] ?? 3002));
  console.log(`The API: ${api.url}`);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());
  if (!process.argv.includes('--once')) await sleep(2 ** 31 - 1, undefined, { signal: stopped.signal }).catch(() => {});
  await api.close();
  await collector.shutdown();
}

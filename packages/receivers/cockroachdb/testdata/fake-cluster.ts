import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** One node: what it answers, by path without query. */
export interface FakeNode {
  readonly id: string;
  readonly url: string;
  /** Paths with queries, in their order. */
  readonly requests: string[];
  /** In place of what the folder has. */
  readonly answers: Map<string, Handler>;
  /** What it answers of the folder. */
  answerAs(path: string): Handler;
  close(): Promise<void>;
}

export interface FakeOptions {
  /** Folder below testdata. */
  readonly replies: string;
  readonly nodes: readonly string[];
  /** With TLS. */
  readonly tls?: ServerOptions;
}

export const folder = import.meta.dirname;

/** Nodes that answer what is in a folder, as CockroachDB does: everything but health and vars tells of the whole cluster. */
export async function fakeCluster({ replies, nodes, tls }: FakeOptions): Promise<readonly FakeNode[]> {
  return Promise.all(nodes.map((id) => fakeNode(id, join(folder, replies), tls)));
}

async function fakeNode(id: string, replies: string, tls: ServerOptions | undefined): Promise<FakeNode> {
  const requests: string[] = [];
  const answers = new Map<string, Handler>();
  const listener: RequestListener = (request, response) => {
    requests.push(request.url ?? '');
    const url = new URL(request.url ?? '', 'http://node');
    (answers.get(url.pathname) ?? (() => answerFrom(replies, { id, url, response })))(request, response);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    id,
    url: `${tls ? 'https' : 'http'}://${tls ? 'localhost' : '127.0.0.1'}:${port}`,
    requests,
    answers,
    answerAs: (path) => (request, response) =>
      answerFrom(replies, { id, url: new URL(path + new URL(request.url ?? '', 'http://node').search, 'http://node'), response }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Ask {
  readonly id: string;
  readonly url: URL;
  readonly response: ServerResponse;
}

function answerFrom(replies: string, { id, url, response }: Ask): void {
  const vars = `vars-${url.searchParams.get('remote_node_id') ?? id}.txt`;
  const files: Readonly<Record<string, string>> = {
    '/_status/nodes': 'nodes.json',
    '/_status/nodes_ui': 'nodes_ui.json',
    '/_admin/v1/liveness': 'liveness.json',
    '/_admin/v1/jobs': `jobs-${url.searchParams.get('status')}.json`,
    '/_status/details/local': `details-${id}.json`,
    '/_status/vars': vars,
    '/api/v2/ranges/hot/': 'hot.json',
  };
  if (url.pathname === '/health') return json(response, {});
  const file = join(replies, files[url.pathname] ?? 'none');
  if (!existsSync(file)) return text(response, 404, 'Not Found');
  response.writeHead(200, { 'content-type': file.endsWith('.json') ? 'application/json' : 'text/plain' });
  response.end(readFileSync(file));
  return undefined;
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body, undefined, 2));
}

export function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(body);
}

/** What a node says that is not ready, in the words of version 22.2. */
export const notReady =
  (message: string): Handler =>
  (_request, response) =>
    json(response, { error: message, code: 14, message, details: [] }, 503);

import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json as jsonOf } from 'node:stream/consumers';

/** A report as the service writes it. */
export interface ReportJson {
  readonly cluster: string;
  readonly cursor: string;
  readonly time: string;
  readonly signal: string;
  readonly data: unknown;
}

interface Options {
  readonly tls?: ServerOptions;
  readonly token?: string;
  readonly commands?: readonly object[];
  /** Answers a command: the body, or an error with its status. */
  answer?(receiver: string, command: string, args: Record<string, unknown>): unknown;
  readonly keep?: number;
  readonly port?: number;
}

/** What the report cache serves over HTTP, in small. */
export async function startService({ tls, token, commands = [], answer, keep = 100, port = 0 }: Options = {}) {
  let reports: ReportJson[] = [];
  let cursor = 0n;
  const requests: IncomingMessage[] = [];
  const streams = new Map<ServerResponse, (report: ReportJson) => void>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(request);
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return send(401, { error: 'A bearer token is wanted.' });
    const url = new URL(request.url!, 'http://localhost');
    const wanted = url.searchParams.getAll('cluster');
    const isWanted = ({ cluster }: ReportJson): boolean => wanted.length === 0 || wanted.includes(cluster);
    if (url.pathname === '/v1/reports') {
      const newest = new Map(reports.filter(isWanted).map((report) => [`${report.signal} ${report.cluster}`, report]));
      return send(200, { reports: [...newest.values()] });
    }
    if (url.pathname === '/v1/subscribe') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      const wantedAfter = request.headers['last-event-id'] ?? url.searchParams.get('after');
      // One that no report has had is from before a restart: all are after it.
      const after = wantedAfter !== null && BigInt(String(wantedAfter)) > cursor ? '0' : wantedAfter;
      const push = (report: ReportJson): void => {
        if (isWanted(report))
          response.write(`id: ${report.cursor}\nevent: report\ndata: ${JSON.stringify(report)}\n\n`);
      };
      if (after !== null) {
        const oldest = BigInt(reports[0]?.cursor ?? cursor + 1n);
        const missed = oldest - 1n - BigInt(String(after));
        if (missed > 0n) response.write(`event: missed\ndata: {"count":"${missed}"}\n\n`);
        for (const report of reports) if (BigInt(report.cursor) > BigInt(String(after))) push(report);
      }
      streams.set(response, push);
      response.on('close', () => streams.delete(response));
      return undefined;
    }
    if (url.pathname === '/v1/commands') return send(200, { commands });
    const [, receiver, command] = /^\/v1\/commands\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (command === undefined || request.method !== 'POST' || !answer) return send(404, { error: 'There is no such path.' });
    const { arguments: args } = (await jsonOf(request)) as { arguments: Record<string, unknown> };
    try {
      return send(200, { result: answer(decodeURIComponent(receiver!), decodeURIComponent(command), args) });
    } catch (error) {
      const { message, status = 500 } = error as Error & { status?: number };
      return send(status, { error: message });
    }
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void handle(request, response);
  const server = tls ? createHttps(tls, listener) : createHttp(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;

  return {
    port: bound,
    endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${bound}`,
    requests,
    subscribers: () => streams.size,
    /** Bytes that subscribers have not taken yet. */
    waiting: () => [...streams.keys()].reduce((bytes, { writableLength }) => bytes + writableLength, 0),
    report(cluster: string, data: unknown, { signal = 'metrics', time = new Date() } = {}): ReportJson {
      cursor += 1n;
      const report = { cluster, cursor: String(cursor), time: time.toISOString(), signal, data };
      reports = [...reports, report].slice(-keep);
      for (const push of streams.values()) push(report);
      return report;
    },
    /** Writes to every subscriber. */
    write(text: string): void {
      for (const response of streams.keys()) response.write(text);
    },
    /** Breaks every subscription off. */
    cut(): void {
      for (const response of streams.keys()) response.destroy();
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;

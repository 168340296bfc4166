import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection, Route } from './connection.ts';
import { openConnection } from './connection.ts';
import type { Answer } from './validate.ts';

/** A request, as it goes over one connection. */
export interface Sent {
  readonly url: URL;
  readonly method: string;
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What came back, and what it took, in milliseconds. */
export interface Reply extends Answer {
  readonly headers: IncomingHttpHeaders;
  readonly connection: Connection;
  readonly requestMs: number;
  readonly firstByteMs: number;
  readonly responseMs: number;
}

export interface Line {
  readonly agent: Agent;
  readonly connectionOf: (socket: Duplex) => Connection | undefined;
  /** What a request went over already. */
  readonly used: WeakSet<Duplex>;
}

export interface LineOptions {
  readonly route: Route;
  readonly keepAlive: boolean;
  readonly maxConnections: number;
  readonly signal: AbortSignal;
}

/** Connections to one origin. To be destroyed by its agent. */
export function openLine(origin: URL, { route, keepAlive, maxConnections, signal }: LineOptions): Line {
  const connections = new WeakMap<Duplex, Connection>();
  const agent = new Agent({ keepAlive, maxSockets: maxConnections, scheduling: 'fifo' });
  agent.createConnection = (_options, callback) => {
    openConnection(origin, route, signal).then(
      (connection) => {
        connections.set(connection.socket, connection);
        callback?.(null, connection.socket);
      },
      (error: unknown) => callback?.(error as Error, undefined as never),
    );
    return undefined;
  };
  return { agent, connectionOf: (socket) => connections.get(socket), used: new WeakSet() };
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

export interface ExchangeOptions {
  readonly line: Line;
  readonly route: Route;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Resolves with any answer, whatever its status, read up to so many bytes. Rejects when there is none, or only a part. */
export function exchange(sent: Sent, { line, route, maxBytes, signal }: ExchangeOptions): Promise<Reply> {
  const { url, method, headers, body } = sent;
  const { proxy } = route;
  const throughProxy = proxy && url.protocol === 'http:';
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : error);
    let connection: Connection | undefined;
    let wasUsed = false;
    let [readyAt, sentAt, answeredAt] = [0, 0, 0];
    // The connection is encrypted already where it is to be.
    const asked = request({
      agent: line.agent,
      host: url.hostname,
      method,
      path: throughProxy ? url.href.replace(url.hash, '') : `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers, ...(throughProxy && proxy.headers) },
      signal,
    });
    asked.once('socket', (socket) => {
      connection = line.connectionOf(socket);
      wasUsed = line.used.has(socket);
      line.used.add(socket);
      readyAt = performance.now();
    });
    asked.once('finish', () => (sentAt = performance.now()));
    asked.once('error', (error: NodeJS.ErrnoException) => {
      // The server closed a kept connection in the moment that it was taken again: that says nothing of how it answers.
      const isLost = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      const isReused = wasUsed && isLost && answeredAt === 0 && repeatable.has(method);
      if (isReused && !signal.aborted) resolve(exchange(sent, { line, route, maxBytes, signal }));
      else fail(error);
    });
    asked.once('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new Error('The server switched to another protocol.'));
    });
    asked.once('response', (response) => {
      answeredAt = performance.now();
      readBody(response, maxBytes).then(({ bytes, isCut }) => {
        const end = performance.now();
        // An answer may begin before the request has ended.
        const requestEnd = Math.min(sentAt || answeredAt, answeredAt);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bytes,
          isCut,
          connection: connection!,
          requestMs: requestEnd - readyAt,
          firstByteMs: answeredAt - requestEnd,
          responseMs: end - answeredAt,
        });
      }, fail);
    });
    asked.end(body);
  });
}

function readBody(response: IncomingMessage, maxBytes: number): Promise<{ bytes: Buffer; isCut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, maxBytes - size));
      size += chunk.length;
      if (size <= maxBytes) return;
      response.destroy();
      resolve({ bytes: Buffer.concat(chunks), isCut: true });
    });
    response.once('end', () => resolve({ bytes: Buffer.concat(chunks), isCut: false }));
    response.on('error', (error) =>
      reject(new Error('The connection was lost in the middle of the answer', { cause: error })),
    );
  });
}

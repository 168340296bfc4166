import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Received {
  readonly request: IncomingMessage;
  readonly lines: readonly string[];
}

export interface FakeServer {
  readonly endpoint: string;
  readonly requests: Received[];
  stop(): Promise<void>;
}

/** Takes line protocol that has no line breaks in strings, and lets the handler answer. */
export async function startFakeServer(
  handle: (received: Received, response: ServerResponse) => void,
): Promise<FakeServer> {
  const requests: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
      if (!text.endsWith('\n')) throw new Error('A request must end with a line break.');
      const received = { request, lines: text.slice(0, -1).split('\n') };
      requests.push(received);
      handle(received, response);
    });
  });
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function reply(response: ServerResponse, status: number, body = '', headers: Record<string, string> = {}): void {
  response.writeHead(status, headers);
  response.end(body);
}

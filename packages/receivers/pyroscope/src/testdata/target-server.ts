import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TargetServer {
  readonly endpoint: string;
  readonly requests: readonly string[];
  /** What answers from now on. */
  answer(listener: RequestListener): void;
  /** Answers with these bytes from now on. */
  show(bytes: Uint8Array | string): void;
  close(): Promise<void>;
}

/** A program with endpoints, of a test's own; without a port, on one that is free. */
export async function targetServer(port = 0): Promise<TargetServer> {
  const requests: string[] = [];
  let listener: RequestListener = (_request, response) => response.writeHead(404).end();
  const server = createServer((request, response) => {
    requests.push(request.url!);
    listener(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer(next) {
      listener = next;
    },
    show(bytes) {
      listener = (_request, response) => response.end(bytes);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

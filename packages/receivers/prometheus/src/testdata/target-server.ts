import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TargetServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** What answers from now on. */
  answer(listener: RequestListener): void;
  /** Answers with this page from now on. */
  show(page: string, contentType?: string): void;
  readonly requests: readonly { readonly url: string; readonly headers: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
}

export const textType = 'text/plain; version=0.0.4; charset=utf-8';
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** A target of a test's own, on a free port. */
export async function targetServer(server: Server = createServer()): Promise<TargetServer> {
  const requests: { url: string; headers: Readonly<Record<string, unknown>> }[] = [];
  let listener: RequestListener = (_request, response) => response.writeHead(404).end();
  server.on('request', (request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer(next) {
      listener = next;
    },
    show(page, contentType = textType) {
      listener = (_request, response) => response.writeHead(200, { 'content-type': contentType }).end(page);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

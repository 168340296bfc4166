import { readFile } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeError, listen, parseEndpoint, PermanentError } from '@millrace/core';
import type { Answer, Asked } from './answer.ts';
import type { Config } from './config.ts';

// An `import` of node:http evaluates all its exports, WebSocket among them, which loads undici: 8 MB and 15 ms for nothing.
const { createServer: createHttpServer } = process.getBuiltinModule('node:http');

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A probe sends a line and reads a line. */
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};

export async function serveHealth(
  { endpoint, tls }: Config,
  answer: (asked: Asked) => Answer | undefined,
): Promise<HealthServer> {
  const server = await createServer(tls, (request, response) => {
    request.resume();
    const [path, query] = (request.url ?? '/').split('?', 2);
    const found = answer({ path: path!, verbose: new URLSearchParams(query).has('verbose') });
    const { status, body, contentType } = allowed(request.method) ? (found ?? nothing) : notAllowed;
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(body);
  });
  const where = parseEndpoint(endpoint)!; // the config's format
  await listen(server, where, `Cannot serve the health on ${endpoint}`);
  server.on('error', () => {}); // of a single connection: the next probe tells
  const { port } = server.address() as AddressInfo;
  const { host } = where;
  const shownHost = host === '' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http${tls ? 's' : ''}://${shownHost}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const plain = { contentType: 'text/plain; charset=utf-8' };
const nothing: Answer = { ...plain, status: 404, body: 'There is nothing here.\n' };
const notAllowed: Answer = { ...plain, status: 405, body: 'Health can only be read, with GET or HEAD.\n' };
const allowed = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';

async function createServer(tls: Config['tls'], listener: RequestListener): Promise<Server> {
  if (!tls) return createHttpServer(limits, listener);
  const [cert, key, ca] = await Promise.all([tls.cert_file, tls.key_file, tls.client_ca_file].map(readPem));
  const { createServer: createHttpsServer } = process.getBuiltinModule('node:https');
  try {
    return createHttpsServer(
      { ...limits, cert, key, ...(ca && { ca, requestCert: true, rejectUnauthorized: true }) },
      listener,
    );
  } catch (error) {
    throw new PermanentError(`The tls of the health check cannot be used: ${describeError(error)}`, { cause: error });
  }
}

async function readPem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw new PermanentError(`The tls file ${path} of the health check cannot be read.`, { cause: error });
  }
}

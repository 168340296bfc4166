import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeError, listen, parseEndpoint, PermanentError } from '@millrace/core';
import type { Context } from '@millrace/core';
import { acceptsGzip, negotiate } from '@millrace/prometheus-text';
import type { Config } from './config.ts';
import type { Pages } from './pages.ts';

// An `import` of node:http evaluates all its exports, WebSocket among them, which loads undici: 8 MB and 15 ms for nothing.
const { createServer: createHttpServer } = process.getBuiltinModule('node:http');

export interface PageServer {
  /** Of the page. */
  readonly url: string;
  close(signal: AbortSignal): Promise<void>;
}

/** Answers under way may go on for so long when the server closes. */
const graceMs = 1000;

export async function servePages(config: Config, pages: Pages, { log }: Pick<Context, 'log'>): Promise<PageServer> {
  const answer = handler(config, pages);
  const server = await createServer(config, (request, response) => {
    void answer(request, response).catch((error: unknown) => {
      log.error({ error: describeError(error) }, 'Could not serve the metrics.');
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'The page could not be made; the log says why.\n');
    });
  });
  const { host, port } = parseEndpoint(config.endpoint)!; // the config's format
  await listen(server, { host, port }, `Cannot serve metrics on ${config.endpoint}`);
  server.on('error', (error) => log.error({ error: describeError(error) }, 'The server of the metrics failed.'));

  const shownHost = host === '' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http${config.tls ? 's' : ''}://${shownHost}:${actual}${config.path}`,
    async close(signal) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = (): void => server.closeAllConnections();
      const timer = setTimeout(cut, graceMs);
      signal.addEventListener('abort', cut, { once: true });
      if (signal.aborted) cut();
      await closed;
      clearTimeout(timer);
      signal.removeEventListener('abort', cut);
    },
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function createServer(config: Config, listener: Listener): Promise<Server> {
  const options = {
    headersTimeout: config.read_header_timeout,
    requestTimeout: config.read_header_timeout,
    keepAliveTimeout: config.idle_timeout,
    connectionsCheckingInterval: Math.min(30_000, Math.max(100, config.read_header_timeout / 2)),
  };
  const { tls } = config;
  if (!tls) return createHttpServer(options, listener);
  const [cert, key, ca] = await Promise.all([tls.cert_file, tls.key_file, tls.client_ca_file].map(readPem));
  const { createServer: createHttpsServer } = process.getBuiltinModule('node:https');
  try {
    return createHttpsServer(
      { ...options, cert, key, ...(ca && { ca, requestCert: true, rejectUnauthorized: true }) },
      listener,
    );
  } catch (error) {
    throw new PermanentError(`The tls of the Prometheus page cannot be used: ${describeError(error)}`, {
      cause: error,
    });
  }
}

const readPem = async (path: string | undefined): Promise<Buffer | undefined> => {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw new PermanentError(`The tls file ${path} of the Prometheus page cannot be read.`, { cause: error });
  }
};

function handler(config: Config, pages: Pages): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    request.resume();
    const deadline = setTimeout(() => response.destroy(), config.write_timeout).unref();
    response.on('close', () => clearTimeout(deadline));
    for (const [name, value] of Object.entries(config.response_headers)) response.setHeader(name, value);

    const path = request.url?.split('?', 1)[0];
    if (path === '/' && config.path !== '/') return plain(response, 200, `The metrics are at ${config.path}.\n`);
    if (path !== config.path)
      return plain(response, 404, `There is nothing here. The metrics are at ${config.path}.\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return plain(response, 405, 'The metrics can only be read, with GET or HEAD.\n');
    }

    const wanted = negotiate(request.headers.accept, { openMetrics: config.enable_open_metrics, utf8: pages.utf8 });
    const encoding = acceptsGzip(header(request, 'accept-encoding')) ? 'gzip' : 'identity';
    const body = await pages.body(wanted, encoding);
    response.writeHead(200, {
      'content-type': wanted.contentType,
      'content-length': body.length,
      vary: 'Accept, Accept-Encoding',
      ...(encoding === 'gzip' && { 'content-encoding': 'gzip' }),
    });
    if (request.method === 'GET') for (const piece of body.pieces) response.write(piece);
    response.end();
  };
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** Node.js leaves the body out of the answer to a HEAD request by itself. */
function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

import type { OutgoingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Consumer, Context, Signal } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Encoding, RunningServer } from '@millrace/server';
import { createSweep, followFiles, listenAt, readTls } from '@millrace/server';
import { createIntake } from '../intake.ts';
import type { HttpConfig } from './config.ts';
import { createCors } from './cors.ts';
import type { Reading, RequestOptions } from './request.ts';
import { serveRequest } from './request.ts';

const defaultBodyBytes = 20 * 1024 * 1024;
const defaultReadMs = 300_000;
const periodMs = 1000;

const encodingOf: Readonly<Record<string, Encoding | undefined>> = {
  '': undefined,
  gzip: 'gzip',
  zstd: 'zstd',
  zlib: 'deflate',
  deflate: 'deflate',
};

/** Rejects with a PermanentError if it cannot listen. */
export async function startHttp(
  config: HttpConfig,
  { context, next }: { context: Context; next: Consumer },
): Promise<RunningServer> {
  const { clock, log } = context;
  const tls = config.tls && readTls(config.tls);
  const requestTimeout = config.read_timeout || defaultReadMs;
  const headersTimeout = Math.min(config.read_header_timeout || requestTimeout, requestTimeout);
  const options = {
    headersTimeout,
    requestTimeout,
    keepAliveTimeout: config.idle_timeout,
    connectionsCheckingInterval: Math.min(10_000, Math.max(100, headersTimeout / 4)),
    noDelay: true,
  };
  const server: Server = tls
    ? createSecureServer({ ...options, ...tls, handshakeTimeout: 20_000, ALPNProtocols: ['http/1.1'] })
    : createServer(options);

  let draining = false;
  const requestOptions: RequestOptions = {
    intake: createIntake(config, context, next),
    clock,
    sweep: createSweep<Reading>({ clock, periodMs }, (reading, now) => reading.check(now)),
    maxBodyBytes: config.max_request_body_size || defaultBodyBytes,
    paths: pathsOf(config),
    encodings: encodingsOf(config),
    cors: config.cors && config.cors.allowed_origins.length > 0 ? createCors(config.cors) : undefined,
    headers: lowerCase(config.response_headers),
    isDraining: () => draining,
    keepsAlive: config.keep_alives_enabled,
  };
  server.on('request', (request, response) => void serveRequest({ request, response }, requestOptions));
  // The sender waits to hear that its body is wanted.
  server.on('checkContinue', (request, response) => void serveRequest({ request, response }, requestOptions));
  const address = await listenAt(server, { ...config, shared: context.copy.count > 1 });
  server.on('error', (error) => log.error({ error: describeError(error) }, 'The HTTP server failed.'));
  const reload =
    tls && followFiles(server as ReturnType<typeof createSecureServer>, config.tls!, { initial: tls, context });

  return {
    address,
    reload: () => reload?.(),
    async close(signal) {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = (): void => server.closeAllConnections();
      if (signal.aborted) cut();
      else signal.addEventListener('abort', cut, { once: true });
      await closed;
      signal.removeEventListener('abort', cut);
      requestOptions.sweep.stop();
    },
  };
}

const pathsOf = (config: HttpConfig): ReadonlyMap<string, Signal> =>
  new Map([
    [config.metrics_url_path, 'metrics'],
    [config.logs_url_path, 'logs'],
    [config.traces_url_path, 'traces'],
    [config.profiles_url_path, 'profiles'],
  ]);

/** `identity` is the name of no encoding at all. */
const encodingsOf = ({ compression_algorithms: names }: HttpConfig): ReadonlyMap<string, Encoding | undefined> =>
  new Map([
    ...names.map((name) => [name, encodingOf[name]] as const),
    ...(names.includes('') ? [['identity', undefined] as const] : []),
  ]);

const lowerCase = (headers: Readonly<Record<string, string>>): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

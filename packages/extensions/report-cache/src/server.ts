import type { ExtensionContext } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import type { RunningServer } from '@millrace/server';
import { createAdmission, grpcProperties, startGrpc } from '@millrace/server';
import type { Cache } from './cache/cache.ts';
import { createCommands } from './commands.ts';
import type { Config } from './config.ts';
import { createMethods, createStreams } from './grpc/methods.ts';
import { createGuard } from './http/guard.ts';
import { serveRequest } from './http/serve.ts';
import { createBeats } from './http/subscribe.ts';
import { createPatience } from './patience.ts';
import { createTexts } from './text.ts';

/** No limit for an answer, which may be a stream. A request is short. */
const httpOptions = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16 * 1024,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  noDelay: true,
};

/** A subscriber whose machine has gone is found out after about a minute. */
const keepalive = { server_parameters: { time: '45s', timeout: '20s' } };

/** gRPC and HTTP on one port. Rejects with a PermanentError if it cannot listen. */
export async function startServer(config: Config, context: ExtensionContext, cache: Cache): Promise<RunningServer> {
  const { endpoint, transport, tls, auth } = config;
  const admission = createAdmission({ ...(auth && { auth }), middlewares: [] }, context);
  const commands = createCommands(config, context);
  const beats = createBeats(context.clock);
  let draining = false;
  const patience = createPatience(config.reader_timeout, context);
  const served = { cache, commands, patience };
  const http = {
    ...served,
    admission,
    guard: createGuard(config),
    texts: createTexts(),
    beats,
    isDraining: () => draining,
  };
  const grpc = resolveConfig({ properties: grpcProperties }, { max_recv_msg_size_mib: 1, keepalive });
  const server = await startGrpc(
    { ...grpc, endpoint, transport, ...(tls && { tls }) },
    {
      context,
      admission,
      methods: createMethods(served),
      streams: createStreams(served),
      http: {
        options: httpOptions,
        listener: (request, response) => void serveRequest(request, response, http),
      },
    },
  );
  return {
    ...server,
    async close(signal) {
      draining = true;
      await server.close(signal);
      beats.stop();
      patience.stop();
    },
  };
}

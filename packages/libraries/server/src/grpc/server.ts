import { createSecureServer, createServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Context, Headers } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Admission } from '../admission.ts';
import { listenAt } from '../listen.ts';
import { comeBackMs, unavailable } from '../refusal.ts';
import type { RunningServer } from '../running-server.ts';
import { createSweep } from '../sweep.ts';
import { followFiles, readTls } from '../tls.ts';
import type { Call } from './call.ts';
import { serveCall } from './call.ts';
import type { GrpcConfig } from './config.ts';
import type { HttpBeside } from './http-beside.ts';
import { serveBeside } from './http-beside.ts';
import type { Replies } from './replies.ts';
import { createSessions } from './sessions.ts';

const defaultStreams = 250;
const defaultMessageMib = 4;
/** How often the times of requests are looked at: deadlines are kept this exactly. */
const callPeriodMs = 100;
const mib = 1024 * 1024;
const secure = { ALPNProtocols: ['h2'], handshakeTimeout: 20_000 };

export interface GrpcMessage {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
  /** The same object for all calls of one connection. */
  readonly connection: object;
}

/** A unary method: resolves with the message to answer. What it rejects with is told to the caller as `refusalOf` has it. */
export type Method = (message: GrpcMessage, aborted: AbortSignal) => Promise<Uint8Array>;

/** By path: `/package.Service/Method`. */
export type Methods = ReadonlyMap<string, Method>;

/**
 * A method that answers one message with many: the call ends well when it resolves. `aborted` says that the peer has gone or
 * cancelled, that its deadline has passed, or that the server shuts down: what is written after that goes nowhere.
 */
export type StreamMethod = (message: GrpcMessage, replies: Replies, aborted: AbortSignal) => Promise<void>;
export type StreamMethods = ReadonlyMap<string, StreamMethod>;

export interface GrpcService {
  readonly context: Context;
  readonly admission: Admission;
  readonly methods: Methods;
  readonly streams?: StreamMethods;
  /** Takes requests over HTTP/1.1 on the same port. What is under way when it closes is its own to end. */
  readonly http?: HttpBeside;
}

/** Rejects with a PermanentError if it cannot listen. */
export async function startGrpc(
  config: GrpcConfig,
  { context, admission, methods, streams = new Map(), http }: GrpcService,
): Promise<RunningServer> {
  const { clock, log } = context;
  const tls = config.tls && readTls(config.tls);
  const maxMessageBytes = (config.max_recv_msg_size_mib || defaultMessageMib) * mib;
  const settings = {
    enablePush: false,
    maxConcurrentStreams: config.max_concurrent_streams || defaultStreams,
    // A message fits the window, so that its sender need not wait for an answer within it.
    initialWindowSize: Math.min(maxMessageBytes, 8 * mib) + 1024,
    maxFrameSize: mib,
    maxHeaderListSize: 64 * 1024,
  };
  const options = { settings, maxSessionMemory: 256, unknownProtocolTimeout: 1000 };
  const http2 = tls && !http ? createSecureServer({ ...options, ...tls, ...secure }) : createServer(options);
  const server = http ? serveBeside(http2, http, tls) : http2;

  const sessions = createSessions(config.keepalive, clock);
  const sweep = createSweep<Call>({ clock, periodMs: callPeriodMs }, (call, now) => call.check(now));
  const streaming = new Set<Call>();
  let draining = false;
  const call = {
    admission,
    methods,
    streams,
    clock,
    sweep,
    streaming,
    sessions,
    maxMessageBytes,
    isDraining: () => draining,
  };
  // A session that was asked to end waits for its client to read its last answer: only without its socket it is gone.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  http2.on('session', sessions.add);
  http2.on('stream', (stream, headers) => serveCall(stream, headers, call));
  const address = await listenAt(server, { ...config, shared: context.copy.count > 1 });
  server.on('error', (error) => log.error({ error: describeError(error) }, 'The gRPC server failed.'));
  const reload = tls && followFiles(server as TlsServer, config.tls!, { initial: tls, context });

  return {
    address,
    reload: () => reload?.(),
    async close(signal) {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = (): void => {
        for (const socket of sockets) socket.destroy();
      };
      if (signal.aborted) cut();
      else signal.addEventListener('abort', cut, { once: true });
      for (const one of streaming) one.refuse(unavailable('The server is shutting down.', comeBackMs));
      await sessions.close();
      await closed;
      signal.removeEventListener('abort', cut);
      sweep.stop();
    },
  };
}

// Real servers on loopback: gRPC as @grpc/grpc-js speaks it, and HTTP/2 by hand for what no good server does.
import { once } from 'node:events';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream, ServerOptions } from 'node:http2';
import { createServer } from 'node:http2';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';

export type Handler = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => void;

export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

const services = [
  'metrics.v1.MetricsService',
  'logs.v1.LogsService',
  'trace.v1.TraceService',
  'profiles.v1development.ProfilesService',
];

const service = (name: string) => ({
  Export: {
    path: `/opentelemetry.proto.collector.${name}/Export`,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
});

export async function grpcServer(
  handle: Handler,
  { address = '127.0.0.1:0', credentials = ServerCredentials.createInsecure() } = {},
): Promise<Running> {
  const server = new Server();
  for (const name of services) server.addService(service(name), { Export: handle });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { port, stop: async () => server.forceShutdown() };
}

export interface RawServer extends Running {
  readonly sessions: ServerHttp2Session[];
  readonly requests: { headers: IncomingHttpHeaders; body: Buffer }[];
}

export type RawHandler = (stream: ServerHttp2Stream, body: Buffer) => void;

/** Calls the handler once a request has come whole. */
export async function rawServer(handle: RawHandler, options: ServerOptions = {}): Promise<RawServer> {
  const server: Http2Server = createServer(options);
  const sessions: ServerHttp2Session[] = [];
  const requests: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
  server.on('session', (session) => sessions.push(session.on('error', () => {})));
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const body = Buffer.concat(chunks);
      requests.push({ headers, body });
      handle(stream, body);
    });
  });
  const port = await listen(server);
  const stop = async (): Promise<void> => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port, sessions, requests, stop };
}

export async function listen(server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const noMessage = Buffer.from([0, 0, 0, 0, 0]);

/** Answers as a gRPC server does: one message, and the status in the trailers. */
export function answer(stream: ServerHttp2Stream, trailers: object = {}, body: Buffer = noMessage): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers }));
  stream.end(body);
}

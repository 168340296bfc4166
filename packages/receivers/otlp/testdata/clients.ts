// Clients that do what they are told, right or wrong.
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { request } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectHttp2, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import type { Status } from '@millrace/otlp';
import { decodeStatus, decodeStatusJson } from '@millrace/otlp';

export const metricsPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

export interface GrpcReply {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly status: number | undefined;
  readonly message: string | undefined;
  readonly details: Status | undefined;
  readonly body: Buffer;
  /** Whether the status came with the headers. */
  readonly trailersOnly: boolean;
  readonly rstCode: number;
}

export interface GrpcClient {
  readonly session: ClientHttp2Session;
  open(headers?: OutgoingHttpHeaders): ClientHttp2Stream;
  call(body: Uint8Array | readonly Uint8Array[], headers?: OutgoingHttpHeaders): Promise<GrpcReply>;
  close(): Promise<void>;
}

export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const openClients = new Set<GrpcClient>();
/** For `afterEach`. */
export const closeClients = async (): Promise<void> => {
  await Promise.all([...openClients].map((client) => client.close()));
};

export async function grpcClient(port: number, tls?: ConnectionOptions): Promise<GrpcClient> {
  const session = await new Promise<ClientHttp2Session>((resolve, reject) => {
    const hungUp = (): void => reject(new Error('The server hung up.'));
    // A session of node:http2 does not hear of the alert for a certificate that is missing; the socket does.
    const createConnection = (): Socket => {
      const to = { port, host: '127.0.0.1' };
      const socket = tls ? connectTls({ ...to, ALPNProtocols: ['h2'], ...tls }) : connect(to);
      return socket.on('error', reject).on('close', hungUp);
    };
    const connecting = connectHttp2(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, {
      createConnection,
      // It counts what it was kept from sending as held for ever.
      maxSessionMemory: 1000,
    });
    connecting.on('error', reject);
    connecting.once('remoteSettings', () => resolve(connecting));
  });
  const open = (headers: OutgoingHttpHeaders = {}): ClientHttp2Stream =>
    session
      .request(
        {
          ':method': 'POST',
          ':path': metricsPath,
          'content-type': 'application/grpc',
          te: 'trailers',
          ...headers,
        },
        { endStream: false },
      )
      .on('error', () => {});
  const client: GrpcClient = {
    session,
    open,
    async call(body, headers) {
      const stream = open(headers);
      const reply = replyOf(stream);
      if (body instanceof Uint8Array) stream.end(body);
      else {
        for (const part of body) {
          stream.write(part);
          await new Promise((resolve) => setImmediate(resolve));
        }
        stream.end();
      }
      return reply;
    },
    async close() {
      openClients.delete(client);
      if (session.destroyed) return;
      session.destroy();
      await once(session, 'close');
    },
  };
  openClients.add(client);
  return client;
}

/** Resolves when the stream has ended, however. */
export function replyOf(stream: ClientHttp2Stream): Promise<GrpcReply> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    const chunks: Buffer[] = [];
    stream.on('response', (received) => (headers = received));
    stream.on('trailers', (received) => (trailers = received));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    // What a server does not want any more of, the client need not send.
    stream.on('end', () => setImmediate(() => stream.close(constants.NGHTTP2_CANCEL)));
    stream.on('close', () => {
      const said = trailers ?? headers ?? {};
      const details = said['grpc-status-details-bin'];
      resolve({
        headers,
        status: said['grpc-status'] === undefined ? undefined : Number(said['grpc-status']),
        message: said['grpc-message'] === undefined ? undefined : decodeURIComponent(String(said['grpc-message'])),
        details: details === undefined ? undefined : decodeStatus(Buffer.from(String(details), 'base64')),
        body: Buffer.concat(chunks),
        trailersOnly: !trailers,
        rstCode: stream.rstCode ?? 0,
      });
    });
  });
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export function post(
  port: number,
  body: Uint8Array,
  { path = '/v1/metrics', method = 'POST', headers = {} }: { path?: string; method?: string; headers?: object } = {},
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        agent: false,
        headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length, ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Writes what it is given to a socket, and resolves with all that comes back until the other side closes. */
export async function converse(port: number, ...parts: (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const part of parts) socket.write(part);
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

/** A request of metrics that has begun, and whose body is to come. */
export function beginPost(port: number, headers: OutgoingHttpHeaders = {}): ClientRequest {
  const sent = request({
    port,
    host: '127.0.0.1',
    path: '/v1/metrics',
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/x-protobuf', ...headers },
  });
  return sent.on('error', () => {});
}

/** The status in the body of an answer, which is in the format of the request. */
export const statusOf = ({ headers, body }: HttpReply): Status =>
  headers['content-type'] === 'application/json' ? decodeStatusJson(body.toString()) : decodeStatus(body);

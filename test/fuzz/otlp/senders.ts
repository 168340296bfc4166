import { Agent, request } from 'node:http';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import type { Case } from './cases.ts';

export interface Answer {
  /** Of gRPC or HTTP; undefined if there was no answer. */
  readonly status: number | undefined;
  readonly text: string;
}

export interface Sender {
  send(one: Case): Promise<Answer>;
  close(): void;
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const services = {
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
  traces: 'trace.v1.TraceService',
  profiles: 'profiles.v1development.ProfilesService',
} as const;

export function grpcSender(port: number): Sender {
  let session: ClientHttp2Session | undefined;
  let calls = 0;
  const underWay = new Map<ClientHttp2Session, number>();
  /** A new connection now and then. */
  function current(): ClientHttp2Session {
    if (session && !session.destroyed && ++calls % 2000 > 0) return session;
    session = connectHttp2(`http://127.0.0.1:${port}`, {
      // A client of node:http2 counts what it was kept from sending as held for ever.
      maxSessionMemory: 4000,
    });
    session.on('error', () => {});
    return session;
  }
  /** An old connection ends with its last call: the word that it ends would overtake calls that have just been made. */
  function count(on: ClientHttp2Session, change: 1 | -1): void {
    underWay.set(on, (underWay.get(on) ?? 0) + change);
    if (underWay.get(on) === 0 && on !== session) on.close();
  }
  return {
    send: ({ id, signal, encoding, parts }) =>
      new Promise((resolve) => {
        const on = current();
        count(on, 1);
        const stream = on.request(
          {
            ':method': 'POST',
            ':path': `/opentelemetry.proto.collector.${services[signal]}/Export`,
            'content-type': 'application/grpc',
            'x-fuzz-id': id,
            ...(encoding && { 'grpc-encoding': encoding }),
          },
          { endStream: false },
        );
        let said: IncomingHttpHeaders = {};
        stream.on('response', (headers) => (said = headers));
        stream.on('trailers', (trailers) => (said = trailers));
        stream.on('error', () => {});
        stream.on('data', () => {});
        stream.on('end', () => setImmediate(() => stream.close(constants.NGHTTP2_CANCEL)));
        stream.on('close', () => {
          count(on, -1);
          const status = said['grpc-status'] === undefined ? undefined : Number(said['grpc-status']);
          resolve({
            status,
            text: decodeURIComponent(String((said['grpc-message'] as string | undefined) ?? '')),
          });
        });
        void (async () => {
          for (const [index, part] of parts.entries()) {
            if (index > 0) await pause();
            if (!stream.destroyed) stream.write(part);
          }
          stream.end();
        })();
      }),
    close: () => session?.destroy(),
  };
}

const paths = { metrics: '/v1/metrics', logs: '/v1/logs', traces: '/v1/traces', profiles: '/v1development/profiles' };

export function httpSender(port: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    send: ({ id, signal, encoding, format, parts }) =>
      new Promise((resolve) => {
        const sent = request(
          {
            host: '127.0.0.1',
            port,
            agent,
            method: 'POST',
            path: paths[signal],
            headers: {
              'content-type': format === 'json' ? 'application/json' : 'application/x-protobuf',
              'x-fuzz-id': id,
              ...(encoding && { 'content-encoding': encoding }),
              ...(parts.length === 1 && { 'content-length': parts[0]!.length }),
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            const end = (): void =>
              resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString('latin1') });
            response.on('end', end);
            response.on('error', end);
          },
        );
        sent.on('error', () => resolve({ status: undefined, text: '' }));
        void (async () => {
          for (const [index, part] of parts.entries()) {
            if (index > 0) await pause();
            sent.write(part);
          }
          sent.end();
        })();
      }),
    close: () => agent.destroy(),
  };
}

/** On a connection of its own. What does not end it has its end sent: a half is not waited for. */
export const rawSender = (port: number): Sender => ({
  send: ({ parts }) =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve({ status: undefined, text: Buffer.concat(chunks).toString('latin1') }));
      void (async () => {
        for (const part of parts) {
          if (!socket.destroyed) socket.write(part);
          await pause();
        }
        socket.end();
        // An HTTP/2 server need not answer the end of a connection whose frame is half.
        setTimeout(() => socket.destroy(), 20);
      })();
    }),
  close: () => {},
});

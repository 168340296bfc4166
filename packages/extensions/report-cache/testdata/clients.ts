// Clients as others have them: gRPC's own for JavaScript with the proto files by protobufjs, and server-sent events by hand.
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { ChannelCredentials, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const load = (name: string) => protobuf.loadSync(join(import.meta.dirname, '../proto', name));
const reports = load('reports.proto');
const dbmon = load('dbmon.proto');

export type Message = Readonly<Record<string, unknown>>;

export interface GrpcClient {
  /** A unary method of Reports; rejects with a ServiceError. */
  call(method: string, request?: object, options?: CallOptions): Promise<Message>;
  pull(request: object): Promise<Message>;
  subscribe(request?: object, options?: CallOptions): GrpcSubscription;
  close(): void;
}

export interface CallOptions {
  readonly token?: string;
  readonly deadlineMs?: number;
}

export interface GrpcSubscription {
  readonly events: Message[];
  readonly stream: ClientReadableStream<Message>;
  /** Resolves when the server has taken it. */
  readonly begun: Promise<unknown>;
  /** Resolves when there are so many events. */
  until(count: number): Promise<readonly Message[]>;
  /** Resolves with how it ended. */
  readonly ended: Promise<ServiceError | undefined>;
}

const open = new Set<{ close(): void }>();
/** For `afterEach`. */
export const closeClients = (): void => {
  for (const client of open) client.close();
  open.clear();
};

const codecOf = (root: protobuf.Root, service: string, method: string) => {
  const found = root.lookupService(service).methods[method]!;
  found.resolve();
  const [requestType, responseType] = [found.resolvedRequestType!, found.resolvedResponseType!];
  return {
    path: `/${service}/${method}`,
    encode: (message: object) => Buffer.from(requestType.encode(requestType.fromObject(message)).finish()),
    decode: (bytes: Buffer) => responseType.toObject(responseType.decode(bytes), { longs: String, arrays: true }),
  };
};

export function grpcClient(port: number, secure: ChannelCredentials = credentials.createInsecure()): GrpcClient {
  // Each client has a connection of its own.
  const client = new Client(`localhost:${port}`, secure, { 'grpc.use_local_subchannel_pool': 1 });
  const metadataOf = ({ token }: CallOptions): Metadata => {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return metadata;
  };
  const optionsOf = ({ deadlineMs }: CallOptions) => (deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs });

  function unary(codec: ReturnType<typeof codecOf>, request: object, options: CallOptions): Promise<Message> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        codec.path,
        codec.encode,
        codec.decode,
        request,
        metadataOf(options),
        { deadline: Date.now() + 5000, ...optionsOf(options) },
        (error, message) => (error ? reject(error) : resolve(message!)),
      );
    });
  }

  const made: GrpcClient = {
    call: (method, request = {}, options = {}) =>
      unary(codecOf(reports, 'millrace.reports.v1.Reports', method), request, options),
    pull: (request) => unary(codecOf(dbmon, 'dbmon.HealCheck', 'Pull'), request, {}),
    subscribe(request = {}, options = {}) {
      const { path, encode, decode } = codecOf(reports, 'millrace.reports.v1.Reports', 'Subscribe');
      const stream = client.makeServerStreamRequest(
        path,
        encode,
        decode,
        request,
        metadataOf(options),
        optionsOf(options),
      ) as ClientReadableStream<Message>;
      const events: Message[] = [];
      stream.on('data', (event: Message) => events.push(event));
      const begun = new Promise((resolve) => stream.on('metadata', resolve));
      const ended = new Promise<ServiceError | undefined>((resolve) => {
        stream.on('error', (error) => resolve(error as ServiceError));
        stream.on('end', () => resolve(undefined));
      });
      return {
        events,
        stream,
        begun,
        ended,
        async until(count) {
          let over = false;
          void ended.then(() => (over = true));
          while (events.length < count && !over) await Promise.race([once(stream, 'data').catch(() => {}), ended]);
          return events;
        },
      };
    },
    close: () => client.close(),
  };
  open.add(made);
  return made;
}

export interface ServerSentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

export interface EventSource {
  readonly events: ServerSentEvent[];
  readonly comments: string[];
  readonly response: IncomingMessage;
  until(count: number): Promise<readonly ServerSentEvent[]>;
  readonly closed: Promise<void>;
  close(): void;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, as far as it goes. */
export async function eventSource(
  port: number,
  { path = '/v1/subscribe', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<EventSource> {
  const sent: ClientRequest = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const events: ServerSentEvent[] = [];
  const comments: string[] = [];
  let text = '';
  response.on('data', (chunk: Buffer) => {
    const blocks = (text + chunk.toString()).split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^([^:]*): ?(.*)$/s.exec(line)!.slice(1) as [string, string]);
      if (fields[0]![0] === '') comments.push(fields[0]![1]);
      else events.push(Object.fromEntries(fields) as ServerSentEvent);
    }
  });
  response.on('error', () => {});
  const closed = new Promise<void>((resolve) => response.on('close', resolve));
  const source: EventSource = {
    events,
    comments,
    response,
    closed,
    async until(count) {
      while (events.length < count && !response.destroyed) await Promise.race([once(response, 'data'), closed]);
      return events;
    },
    close: () => void sent.destroy(),
  };
  open.add(source);
  return source;
}

// Datadog's intakes on loopback: every request is checked against what is documented, and answered as a test wants it.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Piece } from './payloads.ts';
import {
  check,
  decodeSeries,
  logPieces,
  metadataPieces,
  parseSeriesV1,
  parseSeriesV2,
  seriesPieces,
  sketchPieces,
} from './payloads.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly key: string;
  /** Before it was decompressed, and after. */
  readonly sent: number;
  readonly raw: Buffer;
  readonly pieces: readonly Piece[];
}

/** What happens to a request: `lost` is taken, but its answer never arrives, and of `half` only a part. */
export type Behaviour =
  | { readonly kind: 'take' | 'hang' | 'reset' | 'garbage' | 'half' | 'lost' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Whether its content counts as taken. */
      readonly takes?: boolean;
    };

export const take: Behaviour = { kind: 'take' };
export const status = (
  code: number,
  { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string } = {},
): Behaviour => ({ kind: 'answer', status: code, headers, body });

/** How often a piece was taken, and with which answer each time. */
interface Takes {
  readonly value: unknown;
  readonly answers: Told[];
}

/** Whether the sender has got the answer. */
interface Told {
  told: boolean;
}

export interface FakeIntake {
  readonly url: string;
  readonly received: readonly Received[];
  /** What no request may do, as sentences. */
  readonly violations: readonly string[];
  /** By key and path, what has been taken. */
  taken(key: string, path: string): ReadonlyMap<string, Takes>;
  /** Pieces of which the sender was told more than once that they were taken; without an answer it must send again. */
  doubles(): readonly string[];
  behave: (received: Received, index: number) => Behaviour;
  stop(): Promise<void>;
}

interface Path {
  readonly method: 'GET' | 'POST';
  readonly types: readonly string[];
  readonly encodings: readonly string[];
  /** Bytes as sent, and decompressed. */
  readonly limits: readonly [number, number];
  readonly answer: readonly [number, string];
  pieces(raw: Buffer, context: { readonly type: string; readonly now: number }): Piece[];
}

const compressed = ['gzip', 'deflate', 'identity'];
const accepted = [202, '{"errors":[]}'] as const;

export const paths: Readonly<Record<string, Path>> = {
  '/api/v2/series': {
    method: 'POST',
    types: ['application/x-protobuf', 'application/json'],
    encodings: ['zstd', ...compressed],
    limits: [512_000, 5_242_880],
    answer: accepted,
    pieces: (raw, { type, now }) =>
      seriesPieces(type === 'application/json' ? parseSeriesV2(raw) : decodeSeries(raw), now),
  },
  '/api/v1/series': {
    method: 'POST',
    types: ['application/json'],
    encodings: compressed,
    limits: [3_200_000, 62_914_560],
    answer: [202, '{"status":"ok"}'],
    pieces: (raw, { now }) => seriesPieces(parseSeriesV1(raw), now),
  },
  '/api/beta/sketches': {
    method: 'POST',
    types: ['application/x-protobuf'],
    encodings: ['zstd', ...compressed],
    limits: [3_200_000, 62_914_560],
    answer: [202, ''],
    pieces: (raw, { now }) => sketchPieces(raw, now),
  },
  '/api/v2/logs': {
    method: 'POST',
    types: ['application/json'],
    encodings: compressed,
    limits: [5_000_000, 5_000_000],
    answer: [202, '{}'],
    pieces: (raw) => logPieces(raw),
  },
  '/api/v1/validate': {
    method: 'GET',
    types: [''],
    encodings: ['identity'],
    limits: [0, 0],
    answer: [200, '{"valid":true}'],
    pieces: () => [],
  },
  '/intake/': {
    method: 'POST',
    types: ['application/json'],
    encodings: compressed,
    limits: [5_000_000, 5_000_000],
    answer: accepted,
    pieces: (raw) => metadataPieces(raw),
  },
};

const decompress: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  zstd: zstdDecompressSync,
  identity: (bytes) => bytes,
};

export async function fakeIntake(keys: readonly string[], now: () => number = Date.now): Promise<FakeIntake> {
  const received: Received[] = [];
  const violations: string[] = [];
  const taken = new Map<string, Map<string, Takes>>();
  const sockets = new Set<Socket>();

  function read(request: IncomingMessage, body: Buffer): Received {
    const { method = '', url = '', headers } = request;
    const path = paths[url];
    check(path, `no such path: ${url}`);
    check(method === path.method, `${url}: ${method}`);
    const key = String(headers['dd-api-key']);
    check(!keys.some((one) => url.includes(one)), 'the key is in the URL');
    check(/^millrace\/\d/.test(headers['user-agent'] ?? ''), `user-agent ${headers['user-agent']}`);
    const type = headers['content-type'] ?? '';
    check(path.types.includes(type), `${url}: content-type ${type}`);
    const encoding = headers['content-encoding'] ?? 'identity';
    check(path.encodings.includes(encoding), `${url}: content-encoding ${encoding}`);
    const isProtobuf = type === 'application/x-protobuf';
    check((headers['dd-agent-payload'] !== undefined) === isProtobuf, `${url}: dd-agent-payload`);
    if (method === 'POST') check(headers['content-length'] === String(body.length), `${url}: content-length`);
    const raw = decompress[encoding]!(body);
    check(body.length <= path.limits[0], `${url}: ${body.length} bytes were sent`);
    check(raw.length <= path.limits[1], `${url}: ${raw.length} bytes before compression`);
    const pieces = path.pieces(raw, { type, now: now() });
    if (url !== '/api/v2/logs') check(new Set(pieces.map(({ id }) => id)).size === pieces.length, `${url}: twice in one`);
    return { method, path: url, headers, key, sent: body.length, raw, pieces };
  }

  /** The last answer on a connection: if that is closed before another request comes, the sender may not have seen it. */
  const unconfirmed = new WeakMap<Socket, Told>();

  function keep({ key, path, pieces }: Received, socket: Socket, told: boolean): void {
    const answer = { told: told && !socket.destroyed };
    unconfirmed.set(socket, answer);
    const place = `${key} ${path}`;
    const all = taken.get(place) ?? new Map<string, Takes>();
    taken.set(place, all);
    for (const { id, value } of pieces) {
      const takes = all.get(id) ?? { value, answers: [] };
      takes.answers.push(answer);
      all.set(id, takes);
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    unconfirmed.delete(request.socket);
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      let one: Received;
      try {
        one = read(request, Buffer.concat(chunks));
      } catch (error) {
        violations.push((error as Error).message);
        response.writeHead(400).end(JSON.stringify({ errors: [(error as Error).message] }));
        return;
      }
      if (!keys.includes(one.key)) return void response.writeHead(403).end('{"errors":["Forbidden"]}');
      received.push(one);
      act(intake.behave(one, received.length - 1), { one, response, socket: request.socket });
    });
  });

  function act(
    behaviour: Behaviour,
    { one, response, socket }: { readonly one: Received; readonly response: ServerResponse; readonly socket: Socket },
  ): void {
    switch (behaviour.kind) {
      case 'take': {
        keep(one, socket, true);
        const [code, body] = paths[one.path]!.answer;
        response.writeHead(code, { 'content-type': 'application/json' }).end(body);
        return;
      }
      case 'answer':
        if (behaviour.takes) keep(one, socket, true);
        response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
        return;
      case 'hang':
        return;
      case 'lost':
        keep(one, socket, false);
        socket.resetAndDestroy();
        return;
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'garbage':
        socket.end(`SSH-2.0-${one.key}\r\n`);
        return;
      case 'half':
        keep(one, socket, false);
        socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n{"err');
    }
  }

  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => {
      sockets.delete(socket);
      const answer = unconfirmed.get(socket);
      if (answer) answer.told = false;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const intake: FakeIntake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    violations,
    taken: (key, path) => taken.get(`${key} ${path}`) ?? new Map<string, Takes>(),
    doubles: () =>
      [...taken].flatMap(([place, all]) =>
        [...all].flatMap(([id, { answers }]) =>
          answers.filter(({ told }) => told).length > 1 ? [`${place} ${id}`] : [],
        ),
      ),
    behave: () => take,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return intake;
}

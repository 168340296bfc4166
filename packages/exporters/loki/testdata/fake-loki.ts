import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { encodeStatus, batchFromRequest } from '@millrace/otlp';
import type { LogsBatch } from '@millrace/core';
import { uncompress } from 'snappyjs';
import { parseLabels } from './labels.ts';
import { decodePush } from './push-proto.ts';

export interface Line {
  readonly tenant: string | undefined;
  /** As pushed. */
  readonly stream: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds. */
  readonly time: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Pushed {
  readonly request: IncomingMessage;
  readonly tenant: string | undefined;
  readonly lines: readonly Line[];
  /** Of a request to the OTLP endpoint. */
  readonly batch: LogsBatch | undefined;
  readonly bytes: number;
}

export interface FakeLoki {
  readonly endpoint: string;
  readonly pushes: readonly Pushed[];
  /** What it keeps, in the order in which it came. What it takes for a repetition is not kept again. */
  readonly kept: readonly Line[];
  /** What was wrong with requests that no exporter may make. */
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

export interface FakeOptions {
  /** Milliseconds since the epoch; without it, times are not looked at. */
  readonly now?: number;
  readonly needsTenant?: boolean;
  /** Answers instead of Loki, if it returns true; `take` keeps what Loki would keep, and says what it would say. */
  before?(pushed: Pushed, response: ServerResponse, take: () => Said): boolean;
}

export interface Said {
  readonly status: number;
  readonly text: string;
}

/** Loki's defaults: pkg/validation/limits.go */
export const lokiLimits = {
  lineBytes: 256 * 1024,
  labels: 15,
  nameBytes: 1024,
  valueBytes: 2048,
  metadataBytes: 64 * 1024,
  metadataCount: 128,
  oldestMs: 7 * 24 * 3_600_000,
  newestMs: 10 * 60_000,
} as const;

/** A Loki that reads strictly, keeps lines as Loki does, and answers with its words. */
export async function startFakeLoki(options: FakeOptions = {}): Promise<FakeLoki> {
  const pushes: Pushed[] = [];
  const kept: Line[] = [];
  const known = new Set<string>();
  const faults: string[] = [];
  const sockets = new Set<Socket>();

  function take(pushed: Pushed): Said {
    const errors: string[] = [];
    for (const line of pushed.lines) {
      const error = errorOf(line, options);
      if (error !== undefined) errors.push(error);
      else {
        const { tenant, stream, time, line: text, metadata } = line;
        const key = JSON.stringify([tenant, stream, String(time), text, metadata]);
        if (!known.has(key)) kept.push(line);
        known.add(key);
      }
    }
    return errors.length === 0 ? { status: 204, text: '' } : { status: 400, text: `${grouped(errors)}\n` };
  }

  function answer(pushed: Pushed, response: ServerResponse): void {
    pushes.push(pushed);
    faults.push(...orderFaults(pushed));
    if (options.before?.(pushed, response, () => take(pushed))) return;
    const said = options.needsTenant && pushed.tenant === undefined ? { status: 401, text: 'no org id\n' } : take(pushed);
    reply(response, said, pushed.batch !== undefined);
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        answer(read(request, Buffer.concat(chunks)), response);
      } catch (error) {
        faults.push(String(error));
        reply(response, { status: 400, text: `couldn't parse push request: ${String(error)}` }, false);
      }
    });
  });
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pushes,
    kept,
    faults,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function reply(response: ServerResponse, { status, text }: Said, isOtlp: boolean): void {
  response.writeHead(status);
  response.end(isOtlp && text !== '' ? encodeStatus({ code: 0, message: text }) : text);
}

function read(request: IncomingMessage, body: Buffer): Pushed {
  const header = request.headers['x-scope-orgid'];
  const tenant = typeof header === 'string' ? header : undefined;
  const type = request.headers['content-type'];
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  if (request.url === '/otlp/v1/logs') {
    if (type !== 'application/x-protobuf') throw new Error(`content type: ${type} is not supported`);
    return { request, tenant, lines: [], batch: batchFromRequest('logs', plain) as LogsBatch, bytes: plain.length };
  }
  if (request.url !== '/loki/api/v1/push') throw new Error(`no such path: ${request.url}`);
  if (type === 'application/json')
    return { request, tenant, lines: fromJson(tenant, plain.toString()), batch: undefined, bytes: plain.length };
  if (type !== 'application/x-protobuf') throw new Error(`content type: ${type}`);
  const message = uncompress(body);
  return { request, tenant, lines: fromProtobuf(tenant, message), batch: undefined, bytes: message.length };
}

const fromProtobuf = (tenant: string | undefined, message: Uint8Array): readonly Line[] =>
  decodePush(message).flatMap(({ labels: stream, entries }) =>
    entries.map(({ timestamp: { seconds, nanos }, line, structuredMetadata }) => ({
      tenant,
      stream,
      labels: parseLabels(stream),
      time: BigInt(seconds) * 1_000_000_000n + BigInt(nanos),
      line,
      metadata: distinct(structuredMetadata.map(({ name, value }) => [name, value])),
    })),
  );

interface JsonPush {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [string, string, Readonly<Record<string, string>>?])[];
  }[];
}

const fromJson = (tenant: string | undefined, text: string): readonly Line[] =>
  (JSON.parse(text) as JsonPush).streams.flatMap(({ stream: labels, values }) => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const stream = `{${pairs.join(', ')}}`;
    return values.map(([time, line, metadata = {}]) => ({ tenant, stream, labels, time: BigInt(time), line, metadata }));
  });

function distinct(pairs: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, value] of pairs) {
    if (name in found) throw new Error(`structured metadata has ${name} twice`);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`structured metadata has ${name}`);
    found[name] = value;
  }
  return found;
}

/** Within a push, the lines of a stream must come by their times, and none twice. */
function orderFaults({ lines }: Pushed): readonly string[] {
  const last = new Map<string, bigint>();
  const seen = new Set<string>();
  const found: string[] = [];
  for (const { stream, time, line, metadata } of lines) {
    if (time < (last.get(stream) ?? 0n)) found.push(`out of order in ${stream}: ${line}`);
    last.set(stream, time);
    const key = JSON.stringify([stream, String(time), line, metadata]);
    if (seen.has(key)) found.push(`twice in ${stream}: ${line}`);
    seen.add(key);
  }
  return found;
}

const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** In the words of pkg/validation/validate.go. */
function errorOf({ stream, labels, time, line, metadata }: Line, { now }: FakeOptions): string | undefined {
  const names = Object.keys(labels);
  if (names.length === 0) return 'error at least one label pair is required per stream';
  const counted = names.filter((name) => name !== 'service_name').length;
  if (counted > lokiLimits.labels) return `entry for stream '${stream}' has ${counted} label names; limit ${lokiLimits.labels}`;
  for (const [name, value] of Object.entries(labels)) {
    if (name.length > lokiLimits.nameBytes) return `stream '${stream}' has label name too long: '${name}'`;
    if (Buffer.byteLength(value) > lokiLimits.valueBytes) return `stream '${stream}' has label value too long: '${value}'`;
  }
  const ms = Number(time / 1_000_000n);
  if (now !== undefined && ms < now - lokiLimits.oldestMs)
    return `entry for stream '${stream}' has timestamp too old: ${seconds(ms)}, oldest acceptable timestamp is: ${seconds(now - lokiLimits.oldestMs)}`;
  if (now !== undefined && ms > now + lokiLimits.newestMs)
    return `entry for stream '${stream}' has timestamp too new: ${seconds(ms)}`;
  const size = Buffer.byteLength(line);
  if (size > lokiLimits.lineBytes)
    return `max entry size '${lokiLimits.lineBytes}' bytes exceeded for stream '${stream}' while adding an entry with length '${size}' bytes`;
  const pairs = Object.entries(metadata);
  const bytes = pairs.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (bytes > lokiLimits.metadataBytes)
    return `stream '${stream}' has structured metadata too large: '${bytes}' bytes, limit: '${lokiLimits.metadataBytes}' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it`;
  if (pairs.length > lokiLimits.metadataCount)
    return `stream '${stream}' has too many structured metadata labels: '${pairs.length}', limit: '${lokiLimits.metadataCount}'. Please see \`limits_config.max_structured_metadata_entries_count\` or contact your Loki administrator to increase it`;
  return undefined;
}

/** pkg/util/errors.go, GroupedErrors */
function grouped(errors: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const error of errors) counts.set(error, (counts.get(error) ?? 0) + 1);
  const isCounted = counts.size > 1 || errors.length > 1;
  return Array.from(counts, ([error, count]) => `${isCounted ? `${count} errors like: ` : ''}${error}`).join('; ');
}

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** What a server keeps of a profile. */
export interface Kept {
  readonly tenant: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly id: string | undefined;
  /** Inflated. */
  readonly pprof: Buffer;
  readonly isGzip: boolean;
  /** Of /ingest. */
  readonly query?: Readonly<Record<string, string>>;
  readonly sampleTypes?: Readonly<Record<string, unknown>>;
}

export interface Said {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakePyroscope {
  readonly endpoint: string;
  readonly requests: readonly { readonly url: string; readonly headers: IncomingMessage['headers']; readonly profiles: readonly Kept[] }[];
  readonly kept: readonly Kept[];
  /** What was wrong with requests that no exporter may make. */
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

/** Messages of the push API as Grafana Pyroscope documents them. */
const push = protobuf.parse(`
  syntax = "proto3";
  package push.v1;
  message PushRequest { repeated RawProfileSeries series = 1; }
  message RawProfileSeries { repeated LabelPair labels = 1; repeated RawSample samples = 2; }
  message RawSample { bytes raw_profile = 1; string ID = 2; }
  message LabelPair { string name = 1; string value = 2; }
`, { keepCase: true }).root.lookupType('push.v1.PushRequest');

interface PushRequest {
  readonly series: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly raw_profile: Buffer; readonly ID: string }[];
  }[];
}

/** A server that reads strictly. `answer` may refuse what came; what it does not refuse is kept. */
export async function startFakePyroscope(
  answer: (profiles: readonly Kept[], response: ServerResponse) => Said | undefined | 'silent' = () => undefined,
): Promise<FakePyroscope> {
  const requests: FakePyroscope['requests'][number][] = [];
  const kept: Kept[] = [];
  const faults: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      let profiles: readonly Kept[] = [];
      try {
        profiles = read(request, Buffer.concat(chunks));
      } catch (error) {
        faults.push(String(error));
        response.writeHead(400).end(String(error));
        return;
      }
      requests.push({ url: request.url!, headers: request.headers, profiles });
      const said = answer(profiles, response);
      if (said === 'silent') return;
      if (!said) kept.push(...profiles);
      response.writeHead(said?.status ?? 200, { 'content-type': 'application/proto', ...said?.headers });
      response.end(said?.body ?? '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    kept,
    faults,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function read(request: IncomingMessage, body: Buffer): readonly Kept[] {
  const { headers, method } = request;
  const url = new URL(request.url!, 'http://server');
  check(method === 'POST', `method ${method}`);
  check(headers['content-encoding'] === undefined, 'content-encoding');
  const tenant = headers['x-scope-orgid'] as string | undefined;
  if (url.pathname.endsWith('/ingest')) return [readIngest(url, headers['content-type'] ?? '', { body, tenant })];
  check(url.pathname.endsWith('/push.v1.PusherService/Push'), `path ${url.pathname}`);
  check(headers['content-type'] === 'application/proto', `content type ${headers['content-type']}`);
  check(headers['connect-protocol-version'] === '1', 'connect-protocol-version');
  const { series } = push.decode(body) as unknown as PushRequest;
  check(series.length > 0, 'no series');
  return series.map(({ labels, samples }) => {
    check(samples.length === 1, `${samples.length} samples`);
    const names = labels.map(({ name }) => name);
    check(new Set(names).size === names.length, `label twice in ${names.join()}`);
    check(names.length <= 30, `${names.length} labels`);
    for (const { name, value } of labels) {
      check(/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name), `label name ${name}`);
      check(value !== '' && Buffer.byteLength(value) <= 2048, `value of ${name}`);
    }
    const own = Object.fromEntries(labels.map(({ name, value }) => [name, value]));
    check(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(own['__name__'] ?? ''), `name ${own['__name__']}`);
    check(own['__delta__'] === 'false', '__delta__');
    check((own['service_name'] ?? '') !== '', 'service_name');
    const { ID: id, raw_profile: raw } = samples[0]!;
    check(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(id), `id ${id}`);
    return { tenant, labels: own, id, ...inflated(Buffer.from(raw)) };
  });
}

function readIngest(url: URL, type: string, { body, tenant }: { body: Buffer; tenant: string | undefined }): Kept {
  const query = Object.fromEntries(url.searchParams);
  check(query['format'] === undefined, 'a format, with which the server would not look for parts');
  const match = /^([A-Za-z0-9_.-]+)\{(.*)\}$/.exec(query['name'] ?? '');
  if (!match) throw new Error(`name ${query['name']}`);
  check(/^\d{9,10}$/.test(query['from'] ?? '') && Number(query['until']) > Number(query['from']), 'from, until');
  const labels: Record<string, string> = { service_name: match[1]! };
  for (const pair of match[2]! === '' ? [] : match[2]!.split(',')) {
    const [key, value, ...more] = pair.split('=');
    check(/^[A-Za-z0-9_]+$/.test(key!) && value !== undefined && more.length === 0, `label ${pair}`);
    labels[key!] = value!;
  }
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(type)?.[1];
  if (boundary === undefined) throw new Error(`content type ${type}`);
  const parts = partsOf(body, boundary);
  const sampleTypes = JSON.parse(parts.get('sample_type_config')!.toString()) as Record<string, unknown>;
  return { tenant, labels, id: undefined, query, sampleTypes, ...inflated(parts.get('profile')!) };
}

function partsOf(body: Buffer, boundary: string): ReadonlyMap<string, Buffer> {
  const parts = new Map<string, Buffer>();
  let at = body.indexOf(`--${boundary}\r\n`);
  check(at === 0, 'the first boundary');
  for (;;) {
    const start = at + boundary.length + 4;
    const next = body.indexOf(`\r\n--${boundary}`, start);
    check(next !== -1, 'a boundary');
    const part = body.subarray(start, next);
    const split = part.indexOf('\r\n\r\n');
    const name = /name="(\w+)"/.exec(part.subarray(0, split).toString())?.[1];
    parts.set(name!, part.subarray(split + 4));
    at = next + 2;
    if (body.subarray(at + boundary.length + 2).toString() === '--\r\n') return parts;
  }
}

function inflated(raw: Buffer): { pprof: Buffer; isGzip: boolean } {
  const isGzip = raw[0] === 0x1f && raw[1] === 0x8b;
  return { pprof: isGzip ? gunzipSync(raw) : raw, isGzip };
}

function check(right: boolean, what: string): void {
  if (!right) throw new Error(`wrong: ${what}`);
}

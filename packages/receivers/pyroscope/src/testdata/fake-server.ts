import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { encode, fromStacks } from '@millrace/pprof';
import { Reader, Writer } from '@millrace/protobuf';

/** What an agent has sent. */
export interface Sent {
  readonly application: string;
  /** In nanoseconds since the epoch. */
  readonly atNs: bigint;
  /** From when on the server has it. */
  readonly arrivesMs: number;
  readonly stacks: readonly { readonly frames: readonly string[]; readonly values: readonly number[] }[];
}

export interface FakeServer {
  readonly endpoint: string;
  /** Another one, when it has been upgraded. */
  generation: 'legacy' | 'v1';
  readonly sent: Sent[];
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  /** Requests that have not been answered. */
  readonly underWay: number;
  /** What happens to a request instead; undefined: it is answered. */
  fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

export interface FakeOptions {
  readonly generation: 'legacy' | 'v1';
  /** The server's time, in milliseconds. */
  now(): number;
  /** How v1 compares times with those of a question: in its memory it cuts them to milliseconds, on disk it does not. */
  readonly times?: 'floored' | 'exact';
  /** Makes it speak TLS. */
  readonly tls?: ServerOptions;
}

const type = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/**
 * What of the two generations counts here: blocks of 10 seconds in the one, both ends of a question in the other, as their
 * sources have it (pkg/storage/segment, pkg/phlaredb/block_querier.go).
 */
export async function fakeServer({ generation, now, times = 'exact', tls }: FakeOptions): Promise<FakeServer> {
  const requests: FakeServer['requests'] = [];
  const sent: Sent[] = [];
  let underWay = 0;

  const known = (): Sent[] => sent.filter(({ arrivesMs }) => arrivesMs <= now());

  function profileOf(chosen: readonly Sent[], sampleType: { type: string; unit: string }): Uint8Array {
    const all = chosen.flatMap(({ stacks }) => stacks);
    return encode(fromStacks(all, { sampleTypes: [sampleType] }), { compression: 'none' });
  }

  function legacy(url: URL): Uint8Array | undefined {
    const names = [...new Set(known().map(({ application }) => `${application}.cpu`))];
    if (url.pathname === '/label-values') return Buffer.from(JSON.stringify(names));
    if (url.pathname !== '/render') return undefined;
    if (url.searchParams.get('format') === 'json')
      return Buffer.from(JSON.stringify({ metadata: { sampleRate: 100, units: 'samples' } }));
    const [from, until] = ['from', 'until'].map((name) => Number(url.searchParams.get(name)) * 1000) as [number, number];
    const application = url.searchParams.get('query')!.replace(/\.cpu\{.*$/, '');
    const block = (timeMs: number): number => Math.floor(timeMs / 10_000);
    const chosen = known().filter((one) => {
      const own = block(Number(one.atNs / 1_000_000n));
      return one.application === application && own >= block(from) && own < Math.ceil(until / 10_000);
    });
    return profileOf(chosen, { type: '', unit: 'samples' });
  }

  function v1(path: string, body: Buffer): Uint8Array | undefined {
    const method = /^\/querier\.v1\.QuerierService\/(\w+)$/.exec(path)?.[1];
    if (method === 'ProfileTypes')
      return Buffer.from(JSON.stringify(known().length > 0 ? { profileTypes: [{ ID: type }] } : {}));
    if (method === 'Series') {
      const names = [...new Set(known().map(({ application }) => application))];
      const labels = (value: string) => [
        { name: '__profile_type__', value: type },
        { name: 'service_name', value },
      ];
      return Buffer.from(JSON.stringify({ labelsSet: names.map((name) => ({ labels: labels(name) })) }));
    }
    if (method !== 'SelectMergeProfile') return undefined;
    const { selector, startMs, endMs } = readRequest(body);
    const application = /service_name="([^"]*)"/.exec(selector)?.[1];
    const compared = (atNs: bigint): bigint => (times === 'floored' ? (atNs / 1_000_000n) * 1_000_000n : atNs);
    const chosen = known().filter((one) => {
      const at = compared(one.atNs);
      return one.application === application && at >= BigInt(startMs) * 1_000_000n && at <= BigInt(endMs) * 1_000_000n;
    });
    return chosen.length > 0 ? profileOf(chosen, { type: 'cpu', unit: 'nanoseconds' }) : emptyProfile(endMs);
  }

  const fake: FakeServer = {
    endpoint: '',
    generation,
    sent,
    requests,
    get underWay() {
      return underWay;
    },
    fault: undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  const handle: RequestListener = (request, response) => {
    underWay++;
    response.once('close', () => underWay--);
    requests.push({ url: request.url!, headers: request.headers });
    void readAll(request).then((body) => {
      if (fake.fault?.(request, response)) return;
      const url = new URL(request.url!, 'http://localhost');
      const answer = fake.generation === 'legacy' ? legacy(url) : v1(url.pathname, body);
      response.setHeader('date', new Date(now()).toUTCString());
      if (answer) response.end(answer);
      else response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><html></html>');
    });
  };
  const server = tls ? createHttps({ ...tls, keepAliveTimeout: 60_000 }, handle) : createHttp({ keepAliveTimeout: 60_000 }, handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(fake, { endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function readRequest(body: Buffer): { selector: string; startMs: number; endMs: number } {
  const read = { selector: '', startMs: 0, endMs: 0 };
  const reader = new Reader(body);
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag >> 3 === 2) read.selector = reader.text();
    else if (tag >> 3 === 3) read.startMs = reader.varint();
    else if (tag >> 3 === 4) read.endMs = reader.varint();
    else reader.skip(tag);
  }
  return read;
}

/** It has a time, and nothing else. */
function emptyProfile(endMs: number): Uint8Array {
  const writer = new Writer(32);
  writer.varint64(BigInt(endMs) * 1_000_000n);
  writer.tag(9 << 3);
  return writer.copy();
}

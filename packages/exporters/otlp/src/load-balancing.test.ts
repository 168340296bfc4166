// Several real servers behind one exporter, of which some go and come: nothing lost, nothing twice that was not cut.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Batch, Component, Consumer } from '@millrace/core';
import { isPermanent, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { batchFromRequest, encode } from '@millrace/otlp';
import { afterEach, describe, expect, test } from 'vitest';
import { gauge, profile, services, servicesIn, spans } from '../testdata/batches.ts';
import type { Running } from '../testdata/servers.ts';
import { grpcServer, listen } from '../testdata/servers.ts';
import { otlp } from './grpc/exporter.ts';
import { otlpHttp } from './http/exporter.ts';

interface Backend extends Running {
  readonly endpoint: string;
  /** The requests that it took. */
  readonly requests: Buffer[];
  /** What it says instead of taking. */
  refuses: boolean;
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop();
});

async function grpcBackend(port = 0): Promise<Backend> {
  const requests: Buffer[] = [];
  const server = await grpcServer(
    ({ request }: { request: Buffer }, reply: sendUnaryData<Buffer>) => {
      if (backend.refuses) return reply({ code: status.UNAVAILABLE, details: 'busy' });
      requests.push(request);
      return reply(null, Buffer.alloc(0));
    },
    { address: `127.0.0.1:${port}` },
  );
  const backend: Backend = { ...server, endpoint: `127.0.0.1:${server.port}`, requests, refuses: false };
  open.push(backend.stop);
  return backend;
}

async function httpBackend(): Promise<Backend> {
  const requests: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (backend.refuses) return void response.writeHead(503).end();
      requests.push(Buffer.concat(chunks));
      response.end();
    });
  });
  server.on('connection', (socket) => void sockets.add(socket));
  const port = await listen(server);
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  const backend: Backend = { port, endpoint: `http://127.0.0.1:${port}`, requests, refuses: false, stop };
  open.push(stop);
  return backend;
}

function exporter(kind: 'gRPC' | 'HTTP', input: object): Component & Consumer {
  const context = testContext({ clock: systemClock });
  const shared = { compression: 'none', tls: { insecure: true }, ...input } as const;
  const out =
    kind === 'gRPC'
      ? otlp.create(resolveConfig(otlp.config, shared), context)
      : otlpHttp.create(resolveConfig(otlpHttp.config, shared), context);
  open.push(async () => out.shutdown!(AbortSignal.timeout(1000)));
  return out;
}

/** As the host does it, in a hurry: until it is taken. */
async function deliver(out: Consumer, batch: Batch): Promise<void> {
  for (;;) {
    try {
      return await out.consume(batch, AbortSignal.timeout(2000));
    } catch (error) {
      if (isPermanent(error)) throw error;
      await sleep(5);
    }
  }
}

const got = (backends: readonly Backend[]): string[] =>
  backends.flatMap(({ requests }) => requests.flatMap(servicesIn));
const backendOf = { gRPC: () => grpcBackend(), HTTP: () => httpBackend() };

describe.each(['gRPC', 'HTTP'] as const)('%s', (kind) => {
  const three = () => Promise.all([backendOf[kind](), backendOf[kind](), backendOf[kind]()]);

  test.each(['round_robin', 'resource'] as const)('%s: one of three dies in the middle', async (policy) => {
    const backends = await three();
    const out = exporter(kind, { endpoints: backends.map(({ endpoint }) => endpoint), load_balancing: { policy } });
    const sent: string[] = [];
    let cut = 0;
    let next = 0;
    const sender = async (): Promise<void> => {
      for (let batch = next++; batch < 300; batch = next++) {
        const names = Array.from({ length: 4 }, (_, index) => `shop-${batch}-${index}`);
        sent.push(...names);
        if (batch === 150) {
          await backends[1].stop();
          cut = got(backends).length;
        }
        const whole = services(names);
        await deliver(out, batch % 2 ? whole : batchFromRequest('metrics', encode(whole)));
      }
    };
    await Promise.all(Array.from({ length: 6 }, sender));
    const received = got(backends);
    expect(cut).toBeGreaterThan(0);
    expect(new Set(received)).toEqual(new Set(sent));
    // What was under way to the dead one when it was cut may be there twice: six senders, four each.
    expect(received.length - sent.length).toBeLessThanOrEqual(24);
    for (const { requests } of backends) expect(requests.length).toBeGreaterThan(20);
  });

  test('round_robin: one that is busy is left alone for a while, and the others get all', async () => {
    const backends = await three();
    backends[2].refuses = true;
    const out = exporter(kind, { endpoints: backends.map(({ endpoint }) => endpoint) });
    for (let batch = 0; batch < 30; batch++) await out.consume(services([`shop-${batch}`]));
    expect(backends.map(({ requests }) => requests.length)).toEqual([15, 15, 0]);
  });

  test('resource: the share of one that dies moves, the others keep theirs', async () => {
    const backends = await three();
    const endpoints = backends.map(({ endpoint }) => endpoint);
    const out = exporter(kind, { endpoints, load_balancing: { policy: 'resource' } });
    const names = Array.from({ length: 90 }, (_, index) => `shop-${index}`);
    const round = async (): Promise<Set<string>[]> => {
      for (const { requests } of backends) requests.length = 0;
      await deliver(out, services(names));
      return backends.map(({ requests }) => new Set(requests.flatMap(servicesIn)));
    };
    const before = await round();
    expect(before.map(({ size }) => size).every((size) => size > 15)).toBe(true);
    expect(await round()).toEqual(before);
    await backends[0].stop();
    const after = await round();
    expect(after[1]!.isSupersetOf(before[1]!)).toBe(true);
    expect(after[2]!.isSupersetOf(before[2]!)).toBe(true);
    expect(after[1]!.size + after[2]!.size).toBe(90);
  });

  test('trace_id: a trace is in one place', async () => {
    const backends = await three();
    const endpoints = backends.map(({ endpoint }) => endpoint);
    const out = exporter(kind, { endpoints, load_balancing: { policy: 'trace_id' } });
    const names = Array.from({ length: 80 }, (_, index) => `span ${index}`);
    const traceOf = (name: string): string =>
      (Number(name.slice(5)) % 20).toString(16).padStart(2, '0').padStart(32, 'f');
    await out.consume(batchFromRequest('traces', encode(spans(names, traceOf))));
    await out.consume(spans(names, traceOf));
    await out.consume(profile());
    const seen = backends.flatMap(({ requests }, place) =>
      requests
        .filter((request) => request.length > 2)
        .flatMap((request) => {
          const batch = batchFromRequest('traces', request);
          return batch.signal === 'traces' ? batch.resourceSpans : [];
        })
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap((scope) => scope.spans.map(({ traceId }) => ({ traceId, place }))),
    );
    expect(seen).toHaveLength(160);
    for (const [, list] of Map.groupBy(seen, ({ traceId }) => traceId)) {
      expect(list).toHaveLength(8);
      expect(new Set(list.map(({ place }) => place)).size).toBe(1);
    }
    expect(new Set(seen.map(({ place }) => place)).size).toBe(3);
  });

  test('resolve: the addresses of a name are endpoints', async () => {
    const backend = await backendOf[kind]();
    const endpoint = backend.endpoint.replace('127.0.0.1', 'localhost');
    const out = exporter(kind, { endpoint, load_balancing: { resolve: true, policy: 'resource' } });
    await deliver(out, services(['a', 'b']));
    expect(got([backend]).sort()).toEqual(['a', 'b']);
  });

  test('one endpoint in a list is one like any other', async () => {
    const backend = await backendOf[kind]();
    await exporter(kind, { endpoints: [backend.endpoint] }).consume(gauge());
    expect(backend.requests).toHaveLength(1);
  });
});

test('gRPC: one that comes back gets data again', async () => {
  const [first, second] = [await grpcBackend(), await grpcBackend()];
  const out = exporter('gRPC', { endpoints: [first.endpoint, second.endpoint] });
  await first.stop();
  for (let batch = 0; batch < 4; batch++) await out.consume(gauge());
  expect(second.requests).toHaveLength(4);
  const again = await grpcBackend(first.port);
  while (again.requests.length < 3) {
    await out.consume(gauge());
    await sleep(20);
  }
});

import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Reader } from '@millrace/protobuf';
import { afterEach, expect, test } from 'vitest';
import { large } from '../testdata/batches.ts';
import { startCache, stopAll } from '../testdata/server.ts';

const sessions = new Set<ClientHttp2Session>();
const responses = new Set<IncomingMessage>();
afterEach(async () => {
  for (const session of sessions) session.destroy();
  for (const response of responses) response.destroy();
  await stopAll();
});

/** Counts what it gets, and keeps nothing. */
interface Client {
  readonly stream: Readable;
  reports: number;
  missed: number;
  /** Of the last report. */
  cursor: number;
  /** Of all it got, the next came after the one before. */
  inOrder: boolean;
}

const clientOf = (stream: Readable): Client => ({ stream, reports: 0, missed: 0, cursor: 0, inOrder: true });

function got(client: Client, cursor: number): void {
  client.inOrder &&= cursor > client.cursor;
  client.cursor = cursor;
  client.reports++;
}

/** Each with a connection of its own. It does not read before it is told to. */
async function overGrpc(port: number): Promise<Client> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  sessions.add(session);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/millrace.reports.v1.Reports/Subscribe',
    'content-type': 'application/grpc',
  });
  stream.end(Buffer.alloc(5));
  await once(stream, 'response');
  return clientOf(stream);
}

function readGrpc(client: Client): void {
  let rest: Buffer = Buffer.alloc(0);
  client.stream.on('data', (chunk: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      const event = new Reader(rest.subarray(5, end));
      const isReport = event.tag() === 10;
      const fields = new Reader(event.bytes());
      if (isReport) {
        expect(fields.tag()).toBe(10);
        fields.bytes();
        expect(fields.tag()).toBe(16);
        got(client, fields.varint());
      } else {
        expect(fields.tag()).toBe(8);
        client.missed += fields.varint();
      }
      rest = rest.subarray(end);
    }
  });
}

async function overHttp(port: number): Promise<Client> {
  const sent = request({ host: '127.0.0.1', port, path: '/v1/subscribe', agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  responses.add(response);
  return clientOf(response);
}

function readHttp(client: Client): void {
  let rest = '';
  client.stream.on('data', (chunk: Buffer) => {
    const blocks = (rest + chunk.toString('latin1')).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const id = /^id: (\d+)\nevent: report\ndata: \{/.exec(block);
      if (id) got(client, Number(id[1]));
      else client.missed += Number(/^event: missed\ndata: \{"count":"(\d+)"\}$/.exec(block)?.[1] ?? 0);
    }
  });
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function usedBytes(): Promise<number> {
  collect();
  await sleep(20);
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('of a hundred subscribers ten never read: the others get all, and memory stays flat', {
  timeout: 120_000,
}, async () => {
  const running = await startCache({ reports: 100 });
  const readers: Client[] = [];
  const idle: { client: Client; read: (client: Client) => void }[] = [];
  for (let index = 0; index < 50; index++)
    for (const [open, read] of [
      [overGrpc, readGrpc],
      [overHttp, readHttp],
    ] as const) {
      const client = await open(running.port);
      if (index < 5) idle.push({ client, read });
      else {
        readers.push(client);
        read(client);
      }
    }

  const [warm, total] = [200, 600];
  let published = 0;
  const publish = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 20) {
      for (let one = 0; one < 20; one++) await running.report(large('a', 24_000));
      published += 20;
      while (readers.some(({ reports }) => reports < published)) await sleep(1);
    }
  };

  await publish(warm);
  const before = await usedBytes();
  const began = performance.now();
  await publish(total - warm);
  const seconds = (performance.now() - began) / 1000;
  const grown = (await usedBytes()) - before;
  console.log(
    `${total - warm} reports of 24 kB to 90 readers: ${seconds.toFixed(1)} s, memory ${(grown / 1e6).toFixed(2)} MB more than after ${warm}`,
  );

  expect(readers.every(({ inOrder, missed, reports }) => inOrder && missed === 0 && reports === total)).toBe(true);
  // These 400 reports are 9.6 MB, and their texts as much.
  expect(grown).toBeLessThan(2e6);

  for (const { client, read } of idle) read(client);
  while (idle.some(({ client }) => client.reports + client.missed < total)) await sleep(5);
  for (const { client } of idle) {
    expect(client.inOrder).toBe(true);
    // The network took what it has room for, some six MB.
    expect(client.missed).toBeGreaterThan(100);
    expect(client.reports + client.missed).toBe(total);
    expect(client.cursor).toBe(total);
  }
});

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { seeded } from '@millrace/core/testing';
import { afterEach, expect, test } from 'vitest';
import { report } from '../testdata/batches.ts';
import { closeClients, grpcClient } from '../testdata/clients.ts';
import { startCache, stopAll } from '../testdata/server.ts';

afterEach(async () => {
  closeClients();
  await stopAll();
});

const commands = { list: () => [], call: async () => ({}) };
const paths = [
  '/millrace.reports.v1.Reports/Latest',
  '/millrace.reports.v1.Reports/Range',
  '/millrace.reports.v1.Reports/Subscribe',
  '/millrace.reports.v1.Reports/Commands',
  '/millrace.reports.v1.Reports/Command',
  '/dbmon.HealCheck/Pull',
];

test('messages of any bytes are answered with a status', async () => {
  const random = seeded(6);
  const running = await startCache({}, { commands });
  await running.report(report(['a', '']));
  const session = connectHttp2(`http://127.0.0.1:${running.port}`);
  const statuses = new Set<string>();
  for (let round = 0; round < 600; round++) {
    const message = Buffer.from(
      Array.from({ length: random.below(40) }, () => random.below(random.chance(0.5) ? 40 : 256)),
    );
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(random.chance(0.95) ? message.length : random.below(2 ** 32), 1);
    const stream = session.request({
      ':method': 'POST',
      ':path': random.pick(paths),
      'content-type': 'application/grpc',
      'grpc-timeout': '20m',
    });
    stream.on('error', () => {});
    stream.on('response', (headers) => statuses.add(String(headers['grpc-status'] ?? 'stream')));
    stream.on('trailers', (headers) => statuses.add(String(headers['grpc-status'])));
    stream.resume();
    stream.end(Buffer.concat([prefix, message]));
    if (round % 50 === 0) await once(stream, 'close');
  }
  await Promise.resolve(session.close());
  await once(session, 'close');
  expect([...statuses].filter((status) => !['0', '3', '4', '5', '8', '13', 'stream'].includes(status))).toEqual([]);
  expect(statuses.size).toBeGreaterThan(3);
  expect((await grpcClient(running.port).call('Latest'))['reports']).toHaveLength(2);
});

test('requests of any bytes leave the server as it is', async () => {
  const random = seeded(7);
  const running = await startCache({}, { commands });
  await running.report(report('a'));
  const lines = [
    'GET /v1/reports',
    'GET /v1/subscribe?after=',
    'POST /v1/commands/a/b',
    'PRI * HTTP/2.0',
    'GET /v1/reports/',
  ];
  for (let round = 0; round < 300; round++) {
    const noise = Buffer.from(Array.from({ length: random.below(60) }, () => random.below(256)));
    const socket = connect(running.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    const body = random.chance(0.5) ? '{"arguments":' : '';
    socket.write(random.chance(0.7) ? random.pick(lines) : '');
    socket.write(noise);
    socket.end(
      ` HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${noise.length}\r\n\r\n${body}`,
    );
    const closed = once(socket, 'close');
    // A stream of events goes on until its client goes.
    const timer = setTimeout(() => socket.destroy(), 50);
    await closed;
    clearTimeout(timer);
  }
  expect((await fetch(`http://127.0.0.1:${running.port}/v1/reports`)).status).toBe(200);
});

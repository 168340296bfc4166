import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describeError } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { encode, gauge, record } from '../../testdata/batches.ts';
import { exporter, insecure, running } from '../../testdata/grpc.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import { answer, listen, rawServer } from '../../testdata/servers.ts';

const grpc = { ':status': 200, 'content-type': 'application/grpc' };
const message = (body: Buffer, flag = 0): Buffer => {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
};
test.each<[string, string, RegExp, (stream: ServerHttp2Stream) => void]>([
  [
    'a web page',
    'permanent',
    /text\/html, which is not gRPC/,
    (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<html>');
    },
  ],
  ...(
    [
      [400, 'permanent', 'Internal'],
      [401, 'permanent', 'Unauthenticated'],
      [403, 'permanent', 'PermissionDenied'],
      [404, 'permanent', 'Unimplemented'],
      [429, 'retry', 'Unavailable'],
      [500, 'permanent', 'Unknown'],
      [503, 'retry', 'Unavailable'],
    ] as const
  ).map(([code, kind, name]): [string, string, RegExp, (stream: ServerHttp2Stream) => void] => [
    `HTTP status ${code}`,
    kind,
    new RegExp(`${name}: .*HTTP status ${code}`),
    (stream) => stream.respond({ ':status': code }, { endStream: true }),
  ]),
  ['an endless answer', 'permanent', /more than 65536 bytes/, (stream) => answer(stream, {}, Buffer.alloc(100_000))],
  [
    'no status',
    'retry',
    /ended before its status/,
    (stream) => {
      stream.respond(grpc);
      stream.end(message(Buffer.alloc(0)));
    },
  ],
  ['a stream that is reset', 'retry', /Unavailable/, (stream) => stream.close(2)],
  [
    'an answer that is reset',
    'retry',
    /ended before its status/,
    (stream) => {
      stream.respond(grpc);
      setImmediate(() => stream.close(2));
    },
  ],
  ['a connection that dies', 'retry', /Unavailable/, (stream) => stream.session?.destroy()],
  [
    'a status only',
    'retry',
    /Aborted: aus, sofort/,
    (stream) => stream.respond({ ...grpc, 'grpc-status': '10', 'grpc-message': 'aus%2C sofort' }, { endStream: true }),
  ],
  ['a status that is no number', 'permanent', /Unknown/, (stream) => answer(stream, { 'grpc-status': 'ok' })],
  [
    'a broken percent encoding',
    'retry',
    /Unavailable: 100 % %zz/,
    (stream) => answer(stream, { 'grpc-status': '14', 'grpc-message': '100 % %zz' }),
  ],
])('%s: %s', async (_name, kind, want, handle) => {
  const server = running(await rawServer(handle));
  const error = await errorOf(exporter(insecure(server.port)).consume(gauge()));
  expect(describeError(error)).toMatch(want);
  expect(kindOf(error)).toBe(kind);
});

test.each<[string, RegExp, Buffer]>([
  ['no message', /it has no message/, Buffer.alloc(0)],
  ['half a message', /its message is cut/, Buffer.from([0, 0, 0])],
  ['a shorter message', /0 bytes instead of 9/, Buffer.from([0, 0, 0, 0, 9])],
  ['a message that is garbage', /./, message(Buffer.from('<html>'))],
  ['a message in an unknown compression', /compressed with identity/, message(Buffer.from('x'), 1)],
])('what was taken with %s is taken', async (_name, want, body) => {
  const server = running(await rawServer((stream) => answer(stream, {}, body)));
  const context = testContext();
  await exporter(insecure(server.port), context).consume(gauge());
  expect(context.lines).toMatchObject([
    {
      fields: { said: expect.stringMatching(want) as string },
      message: 'The backend took a request, but its answer cannot be read.',
    },
  ]);
});

test('a compressed answer is read', async () => {
  const partialSuccess = { rejectedLogRecords: 1, errorMessage: 'no' };
  const body = message(gzipSync(encode('ExportLogsServiceResponse', { partialSuccess })), 1);
  const server = running(
    await rawServer((stream) => {
      stream.respond({ ...grpc, 'grpc-encoding': 'gzip' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(body);
    }),
  );
  const context = testContext();
  await exporter(insecure(server.port), context).consume(record());
  expect(context.dropped).toEqual({ rejected_by_backend: 1 });
});

test('a server that is not HTTP/2 at all', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const error = await errorOf(exporter(insecure(port)).consume(gauge()));
  expect(kindOf(error)).toBe('retry');
  expect(error.message).toContain('does not speak HTTP/2 in the clear');
});

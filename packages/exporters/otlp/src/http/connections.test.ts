import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { describeError } from '@millrace/core';
import { freePort } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { backend, exporter, serve } from '../../testdata/http.ts';
import { errorOf, kindOf, soon } from '../../testdata/outcome.ts';

test('over connections that are kept, as many as allowed', async () => {
  const { endpoint, sockets, received } = await backend((response) => void setTimeout(() => response.end(), 3));
  const out = exporter({ endpoint, max_conns_per_host: 2 });
  await Promise.all(Array.from({ length: 10 }, () => out.consume(gauge())));
  expect(received).toHaveLength(10);
  expect(sockets.size).toBe(2);
  const fresh = exporter({ endpoint, disable_keep_alives: true });
  await fresh.consume(gauge());
  await fresh.consume(gauge());
  expect(sockets.size).toBe(4);
});

test('a server that is down', async () => {
  const out = exporter({ endpoint: `http://127.0.0.1:${await freePort()}` });
  await out.start?.();
  const error = await errorOf(out.consume(gauge()));
  expect(kindOf(error)).toBe('retry');
  expect(describeError(error)).toMatch(/no answer: .*ECONNREFUSED/);
});

test.each([
  ['nothing', ''],
  ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"par'],
])('a server that says %s and hangs up', async (_name, text) => {
  const server = createTcpServer((socket) => void socket.once('data', () => socket.end(text)));
  const port = await serve(server);
  const error = await errorOf(exporter({ endpoint: `http://127.0.0.1:${port}` }).consume(gauge()));
  expect(kindOf(error)).toBe('retry');
  expect(error.message).toMatch(/: no answer$/);
});

test('a hanging request ends with its signal, and the server is told', async () => {
  let gone = false;
  const late = new AbortController();
  const { endpoint } = await backend((response) => {
    response.on('close', () => (gone = true));
    late.abort(new Error('timed out after 30s'));
  });
  const error = await errorOf(exporter({ endpoint }).consume(gauge(), late.signal));
  expect(kindOf(error)).toBe('retry');
  expect(describeError(error)).toMatch(/no answer: timed out after 30s$/);
  await expect.poll(() => gone, soon).toBe(true);
});

test('an idle connection that the server has closed costs nothing', async () => {
  const sockets: Socket[] = [];
  let requests = 0;
  // Answers the first request of a connection, and resets it at the second.
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    let before = 0;
    socket.on('error', () => {});
    socket.on('data', () => {
      requests++;
      if (before++ === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      else socket.resetAndDestroy();
    });
  });
  const out = exporter({ endpoint: `http://127.0.0.1:${await serve(server)}`, compression: 'none' });
  await out.consume(gauge());
  await out.consume(gauge());
  expect(sockets).toHaveLength(2);
  expect(requests).toBe(3);
});

test('shutdown lets requests end, but not for ever, twice and without start', async () => {
  const held: ServerResponse[] = [];
  const { endpoint } = await backend((response) => void held.push(response));
  const out = exporter({ endpoint });
  const request = out.consume(gauge());
  await expect.poll(() => held.length, soon).toBe(1);
  const stopped = out.shutdown!(AbortSignal.timeout(5000));
  held[0]!.end();
  await Promise.all([request, stopped]);
  await out.shutdown!(AbortSignal.timeout(5000));
  expect((await errorOf(out.consume(gauge()))).message).toContain('shut down');

  const stuck = exporter({ endpoint });
  const lost = errorOf(stuck.consume(gauge()));
  await expect.poll(() => held.length, soon).toBe(2);
  await stuck.shutdown!(AbortSignal.timeout(30));
  expect(kindOf(await lost)).toBe('retry');
});

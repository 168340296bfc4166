import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { describeError, isPermanent, resolveConfig } from '@millrace/core';
import { type Authority, createAuthority, freePort } from '@millrace/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { exporter, serve } from '../../testdata/http.ts';
import { errorOf } from '../../testdata/outcome.ts';
import { otlpHttp } from './exporter.ts';

let authority: Authority;
beforeAll(() => void (authority = createAuthority()));
afterAll(() => authority.remove());

/** A proxy that knows no names but what the tests call the backend, and wants a password. */
async function proxy(backend: number): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const allowed = `Basic ${Buffer.from('me:s3cret pass').toString('base64')}`;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    if (request.headers['proxy-authorization'] !== allowed) return void response.writeHead(407).end();
    const { pathname } = new URL(request.url!);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const on = httpRequest({ port: backend, path: pathname, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(on);
  });
  server.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (request.headers['proxy-authorization'] !== allowed) return void socket.end('HTTP/1.1 407 No\r\n\r\n');
    const far = connect(backend, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(far).pipe(socket);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy()).on('close', () => far.destroy());
  });
  return { port: await serve(server), asked };
}

test('plain requests are made of the proxy', async () => {
  const seen: unknown[] = [];
  const backend = await serve(
    createServer((request, response) => {
      seen.push(request.url, request.headers['proxy-authorization']);
      request.resume().on('end', () => response.end());
    }),
  );
  const { port, asked } = await proxy(backend);
  const out = exporter({
    endpoint: 'http://backend.example/otlp',
    proxy_url: `http://me:s3cret%20pass@127.0.0.1:${port}`,
  });
  await out.consume(gauge());
  expect(asked).toEqual(['POST http://backend.example/otlp/v1/metrics backend.example']);
  expect(seen).toEqual(['/otlp/v1/metrics', undefined]);
  const error = await errorOf(
    exporter({ endpoint: 'http://backend.example', proxy_url: `http://me:wr0ng@127.0.0.1:${port}` }).consume(gauge()),
  );
  expect(isPermanent(error)).toBe(true);
  expect(error.message).toMatch(/HTTP status 407$/);
});

test('TLS goes through the proxy, over one connection for several requests', async () => {
  const { certFile, keyFile } = authority.issue('backend.example');
  let requests = 0;
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const backend = await serve(
    createSecureServer(files, (request, response) => {
      requests++;
      request.resume().on('end', () => response.end());
    }),
  );
  const { port, asked } = await proxy(backend);
  const tls = { ca_file: authority.caFile };
  const proxy_url = `http://me:s3cret%20pass@127.0.0.1:${port}`;
  const out = exporter({ endpoint: 'https://backend.example', proxy_url, tls });
  await out.consume(gauge());
  await out.consume(gauge());
  expect(asked).toEqual(['CONNECT backend.example:443']);
  expect(requests).toBe(2);
  const wrongName = await errorOf(exporter({ endpoint: 'https://other.example', proxy_url, tls }).consume(gauge()));
  expect(describeError(wrongName)).toMatch(/altnames|certificate/);
  const refused = await errorOf(
    exporter({ endpoint: 'https://backend.example', proxy_url: `http://127.0.0.1:${port}`, tls }).consume(gauge()),
  );
  expect(describeError(refused)).toMatch(
    /no answer: The proxy does not connect to backend\.example:443: HTTP status 407/,
  );
  expect(isPermanent(refused)).toBe(false);
});

test('a tunnel is closed where the certificates to use in it cannot be read', async () => {
  const server = createServer();
  const ends: Promise<unknown>[] = [];
  server.on('connect', (_request, socket: Socket) => {
    ends.push(once(socket, 'end'));
    socket.resume().write('HTTP/1.1 200 OK\r\n\r\n');
  });
  const proxy_url = `http://127.0.0.1:${await serve(server)}`;
  const out = exporter({ endpoint: 'https://backend.example', proxy_url, tls: { ca_file: '/nowhere' } });
  expect(describeError(await errorOf(out.consume(gauge())))).toMatch(/tls\.ca_file cannot be read/);
  expect(ends).toHaveLength(1);
  await ends[0];
});

test('a proxy that is down', async () => {
  const port = await freePort();
  for (const endpoint of ['http://backend.example', 'https://backend.example']) {
    const error = await errorOf(
      exporter({ endpoint, proxy_url: `http://me:s3cret%25%@127.0.0.1:${port}` }).consume(gauge()),
    );
    expect(describeError(error)).toMatch(/ECONNREFUSED/);
    expect(describeError(error)).not.toContain('s3cret');
  }
});

test.each([
  [{ proxy_url: 'socks5://proxy:1080' }, /^proxy_url must be a URL that begins with http:\/\//],
  [{ proxy_url: 'http://proxy:3128' }, /^$/],
  [{ proxy_url: 'http://proxy:3128', load_balancing: { resolve: true } }, /^A proxy looks names up itself/],
])('check %j', (input, want) => {
  const config = resolveConfig(otlpHttp.config, { endpoint: 'http://a', ...input });
  expect(
    otlpHttp.check!(config)
      .map(({ message }) => message)
      .join(),
  ).toMatch(want);
});

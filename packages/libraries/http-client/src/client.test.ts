import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { bodyOf, BodyTooLarge, clientOf, type Asked, type Client } from './index.ts';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

function client(): Client {
  const made = clientOf({
    tls: { insecure: false, insecure_skip_verify: false, include_system_ca_certs_pool: false, min_version: '1.2' },
    max_conns_per_host: 0,
    idle_conn_timeout: 60_000,
    disable_keep_alives: false,
  });
  stops.push(() => made.close(AbortSignal.abort()));
  return made;
}

async function read(asked: Partial<Asked> & { readonly url: URL }): Promise<string> {
  const { body } = await client().request({ maxBytes: 1e6, ...asked });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const long = 'a long text, '.repeat(10_000);
const encodings = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync };

test.each(Object.entries(encodings))('takes %s off', async (encoding, compress) => {
  const url = await serve((request, response) => {
    expect(request.headers['accept-encoding']).toContain(encoding);
    response.writeHead(200, { 'content-encoding': encoding }).end(compress(long));
  });
  expect(await read({ url })).toBe(long);
});

test('an encoding that was not asked for, and a damaged one', async () => {
  const url = await serve(({ url: path }, response) =>
    path === '/br'
      ? response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(long))
      : response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(long).subarray(0, 50)),
  );
  await expect(read({ url: new URL('/br', url) })).rejects.toThrow('compressed with br, which was not asked for');
  await expect(read({ url })).rejects.toThrow('unexpected end of file');
});

test.each(['identity', 'gzip'])('a body that is too long, %s', async (encoding) => {
  const url = await serve((_, response) =>
    response
      .writeHead(200, { 'content-encoding': encoding })
      .end(encoding === 'gzip' ? gzipSync(Buffer.alloc(1e7)) : Buffer.alloc(1e7)),
  );
  await expect(read({ url, maxBytes: 1e6 })).rejects.toThrow(new BodyTooLarge(1e6));
});

test('any status is an answer, and connections are kept', async () => {
  const ports = new Set<number | undefined>();
  const url = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(503, { 'x-why': 'full' }).end('no');
  });
  const { request } = client();
  for (let round = 0; round < 3; round++) {
    const { status, headers, body } = await request({ url, maxBytes: 100 });
    expect([status, headers['x-why']]).toEqual([503, 'full']);
    for await (const chunk of body) expect(chunk.toString()).toBe('no');
  }
  expect(ports.size).toBe(1);
});

test('a body that comes slowly is cut by the signal, also before it begins', async () => {
  const url = await serve((_, response) => void response.writeHead(200).write('x'));
  const stop = new AbortController();
  const { body } = await client().request({ url, maxBytes: 100, signal: stop.signal });
  const chunks: string[] = [];
  await expect(
    (async () => {
      for await (const chunk of body) {
        chunks.push(chunk.toString());
        stop.abort(new Error('enough'));
      }
    })(),
  ).rejects.toThrow('enough');
  expect(chunks).toEqual(['x']);
  await expect(client().request({ url, maxBytes: 1, signal: AbortSignal.abort() })).rejects.toThrow('abort');
});

test('a connection that is lost', async () => {
  const url = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('x');
    setImmediate(() => request.socket.destroy());
  });
  await expect(read({ url })).rejects.toThrow('aborted');
});

test('redirects are answers, or followed, and nothing secret goes to another origin', async () => {
  const seen: Record<string, unknown>[] = [];
  const other = await serve(({ headers }, response) => {
    seen.push({ ...headers, host: undefined });
    response.end('there');
  });
  const url = await serve(({ url: path, headers }, response) => {
    seen.push({ path, authorization: headers.authorization });
    const location = path === '/a' ? '/b' : path === '/b' ? other.href : '/loop';
    response.writeHead(302, { location }).end('gone');
  });
  const at = (path: string): URL => new URL(path, url);
  const headers = { authorization: 'Bearer secret', 'x-session': 'secret', accept: 'text/plain' };

  expect(await read({ url: at('/a') })).toBe('gone');
  seen.length = 0;
  expect(await read({ url: at('/a'), headers, redirects: 5 })).toBe('there');
  expect(seen).toMatchObject([
    { path: '/a', authorization: 'Bearer secret' },
    { path: '/b', authorization: 'Bearer secret' },
    { accept: 'text/plain' },
  ]);
  expect(JSON.stringify(seen[2])).not.toContain('secret');
  await expect(read({ url: at('/loop'), redirects: 3 })).rejects.toThrow('more than 3 redirects');
  expect(await read({ url: at('/a'), method: 'POST', body: bodyOf([Buffer.from('x')]), redirects: 5 })).toBe('gone');
});

test('a redirect to what is no URL of HTTP', async () => {
  const url = await serve((_, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end());
  await expect(read({ url, redirects: 1 })).rejects.toThrow('cannot be followed');
});

test('close waits for a body that is being read', async () => {
  const url = await serve((_, response) => {
    response.write('x');
    setTimeout(() => response.end('y'), 30);
  });
  const made = client();
  const { body } = await made.request({ url, maxBytes: 100 });
  const text = (async () => {
    let all = '';
    for await (const chunk of body) all += chunk.toString();
    return all;
  })();
  await made.close(AbortSignal.timeout(5000));
  expect(await text).toBe('xy');
});

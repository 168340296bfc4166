import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import type { Authority } from '../testdata/servers.ts';
import { createAuthority, createServers } from '../testdata/servers.ts';

const servers = createServers();
let authority: Authority;
beforeAll(() => void (authority = createAuthority()));
afterEach(() => servers.closeAll());
afterAll(() => authority.remove());

it('through a proxy, in the clear and in a tunnel', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
    response.end('from the proxy');
  });
  proxy.on('connect', (request, socket) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
    if (request.url!.startsWith('refused')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const onward = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const one of [onward, socket]) one.on('error', () => {});
    return undefined;
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const proxyUrl = `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { cert, key } = authority.issue('behind');
  const secure = await servers.https((_, response) => void response.end('inside'), { cert, key });
  const { values, text } = await checking([
    {
      name: 'plain',
      endpoint: 'http://plain.example/a?b=c',
      proxy_url: proxyUrl,
      validations: [{ contains: 'from the proxy' }],
    },
    {
      name: 'tunnel',
      endpoint: secure,
      proxy_url: proxyUrl,
      tls: { ca_file: authority.caFile },
      validations: [{ contains: 'inside' }],
    },
    { name: 'no', endpoint: 'https://refused.example/', proxy_url: proxyUrl },
  ]).scrape();
  proxy.closeAllConnections();
  proxy.close();
  expect(text.match(/error.message="[^"]*"/g)).toEqual([
    'error.message="The proxy does not connect to refused.example:443: HTTP status 403."',
  ]);
  expect(values('httpcheck.up')).toEqual({ plain: 1, tunnel: 1, no: 0 });
  const who = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect(asked.sort()).toEqual([
    `CONNECT ${secure.slice(8)} ${who}`,
    `CONNECT refused.example:443 ${who}`,
    `GET http://plain.example/a?b=c ${who}`,
  ]);
  expect(text).toContain('The proxy does not connect to refused.example:443: HTTP status 403.');
  expect(text).not.toContain('secret');
});

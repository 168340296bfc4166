import { request } from 'node:http';
import type { Socket } from 'node:net';
import { unescape } from 'node:querystring';
import type { HostPort, Problem } from '@millrace/core';

/** An HTTP proxy: `http://user:password@host:port`. */
export interface Proxy {
  readonly server: HostPort;
  /** What it wants to see of the user, if the URL has one. */
  readonly headers: Readonly<Record<string, string>>;
}

const tunnelTimeoutMs = 20_000;

export function parseProxy(text: string): Proxy {
  const { hostname, port, username, password } = new URL(text);
  const user = Buffer.from(`${unescape(username)}:${unescape(password)}`).toString('base64');
  return {
    server: { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 },
    headers: username === '' ? {} : { 'proxy-authorization': `Basic ${user}` },
  };
}

/** How a request that is not encrypted is made: of the proxy, by its whole URL. */
export const throughProxy = ({ server, headers }: Proxy, url: URL) => ({
  hostname: server.host,
  port: server.port,
  path: `${url.origin}${url.pathname}${url.search}`,
  headers: { host: url.host, ...headers },
});

/** A connection to the other side, which the proxy passes on as it comes: what goes over it is encrypted. */
export function tunnel({ server, headers }: Proxy, { host, port }: HostPort): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const asked = request({
      ...server,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...headers },
      agent: false,
      timeout: tunnelTimeoutMs,
    });
    asked.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      socket.setTimeout(0);
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      return reject(new Error(`The proxy does not connect to ${target}: HTTP status ${statusCode}.`));
    });
    asked.once('response', (response) => {
      response.resume();
      reject(new Error(`The proxy does not connect to ${target}: HTTP status ${response.statusCode}.`));
    });
    asked.once('timeout', () => asked.destroy(new Error(`The proxy has not connected to ${target} in time.`)));
    asked.once('error', reject);
    asked.end();
  });
}

export function checkProxy(text: string | undefined, resolve: boolean | undefined): Problem[] {
  if (text === undefined) return [];
  if (!URL.canParse(text) || new URL(text).protocol !== 'http:')
    return [{ path: ['proxy_url'], message: 'proxy_url must be a URL that begins with http://.' }];
  if (!resolve) return [];
  return [
    {
      path: ['proxy_url'],
      message: 'A proxy looks names up itself: proxy_url does not go with load_balancing.resolve.',
    },
  ];
}

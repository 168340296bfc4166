import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { HostPort } from '@millrace/core';
import type { Proxy } from '@millrace/http-client';

/** Has the proxy at the other end of the connection pass on what comes, as it comes, to the target. */
export function tunnel(socket: Socket, { headers }: Proxy, { host, port }: HostPort): Promise<void> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const refuse = (status: number | undefined): void =>
      reject(new Error(`The proxy does not connect to ${target}: HTTP status ${status}.`));
    const asked = request({
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...headers },
      // Without an agent: one would not ask for this connection.
      createConnection: () => socket,
    });
    asked.once('connect', ({ statusCode = 0 }) => {
      if (statusCode >= 200 && statusCode < 300) resolve();
      else refuse(statusCode);
    });
    asked.once('response', ({ statusCode }) => refuse(statusCode));
    asked.once('error', reject);
    asked.end();
  });
}

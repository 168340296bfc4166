import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { HostPort } from '@millrace/core';
import type { Body } from './body.ts';

/** What goes out, once. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
  readonly address?: HostPort | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExchangeOptions extends RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** To one address of the URL's host, which is still what is asked for and what the certificate must have. */
export const toAddress = ({ host }: HostPort, url: URL): ExchangeOptions & { servername?: string } => ({
  hostname: host,
  ...(isIP(url.hostname) === 0 && { servername: url.hostname }),
  headers: { host: url.host },
});

/** The server closed an idle connection in the moment that it was taken again: that says nothing of the request. */
export const wasReusedIdle = (error: unknown): boolean => (error as { reusedIdle?: true }).reusedIdle === true;

/** Resolves when the answer begins. */
export function exchange(sent: Sent, options: ExchangeOptions): Promise<IncomingMessage> {
  const { method, url, headers, body, signal } = sent;
  const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = begin(url, {
      method,
      ...options,
      headers: { ...headers, ...options.headers, ...(body && { 'content-length': String(body.bytes) }) },
      ...(signal && { signal }),
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const reusedIdle = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(reusedIdle ? Object.assign(error, { reusedIdle: true }) : error);
    });
    request.once('response', resolve);
    if (!body) {
      request.end();
      return;
    }
    request.cork();
    for (const chunk of body.chunks) request.write(chunk);
    request.end();
    request.uncork();
  });
}

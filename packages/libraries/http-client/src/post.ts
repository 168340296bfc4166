import { once } from 'node:events';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostPort } from '@millrace/core';
import type { Body } from './body.ts';
import type { Proxy } from './proxy.ts';
import { throughProxy, tunnel } from './proxy.ts';
import type { TlsConfig } from './tls.ts';
import { tlsOptions } from './tls.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Post {
  /** Default: POST. */
  readonly method?: 'POST' | 'GET';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Where to connect to instead of looking up the host of the URL. */
  readonly address?: HostPort | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface Poster {
  /** Resolves with any answer, whatever its status; rejects when there is none. */
  post(post: Post): Promise<Answer>;
  /** Lets the requests under way end, until the signal. */
  close(signal: AbortSignal): Promise<void>;
}

export interface Connections {
  readonly tls: TlsConfig;
  readonly maxPerHost: number;
  readonly idleTimeoutMs: number;
  readonly keepAlive: boolean;
  readonly proxy: Proxy | undefined;
}

const maxAnswerBytes = 64 * 1024;

export function createPoster({ tls, maxPerHost, idleTimeoutMs, keepAlive, proxy }: Connections): Poster {
  const options = {
    keepAlive,
    maxSockets: maxPerHost || Infinity,
    timeout: idleTimeoutMs,
    scheduling: 'lifo',
  } as const;
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);
  const connect = secure.createConnection.bind(secure);
  // Certificates are replaced while the process runs, so each connection reads them.
  secure.createConnection = (target, callback) => {
    const fail = (error: unknown): void => callback?.(error as Error, undefined as never);
    const open = (socket?: Socket): Duplex | null | undefined =>
      connect({ ...target, ...tlsOptions(tls), ...(socket && { socket }) } as typeof target, callback);
    try {
      if (!proxy) return open();
    } catch (error) {
      fail(error);
      return undefined;
    }
    // The socket comes back through the callback, as the agent's own does.
    tunnel(proxy, { host: target.host ?? '', port: Number(target.port) })
      .then((socket) => callback?.(null, open(socket) as Duplex))
      .catch(fail);
    return undefined;
  };

  const underWay = new Set<Promise<unknown>>();

  async function postOnce(post: Post): Promise<Answer> {
    const isSecure = post.url.protocol === 'https:';
    const sent = exchange(isSecure ? httpsRequest : httpRequest, post, {
      agent: isSecure ? secure : plain,
      ...(proxy && !isSecure && throughProxy(proxy, post.url)),
      ...(post.address && toAddress(post.address, post.url)),
    });
    underWay.add(sent);
    return sent.finally(() => underWay.delete(sent));
  }

  return {
    async post(post) {
      try {
        return await postOnce(post);
      } catch (error) {
        // The server closed an idle connection in the moment that it was taken again: that says nothing of this request.
        if (!(error as { reusedIdle?: true }).reusedIdle || post.signal?.aborted) throw error;
        return postOnce(post);
      }
    },
    async close(signal) {
      if (underWay.size > 0 && !signal.aborted)
        await Promise.race([Promise.allSettled(underWay), once(signal, 'abort')]);
      plain.destroy();
      secure.destroy();
    },
  };
}

interface Options extends RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** To one address of the URL's host, which is still what is asked for and what the certificate must have. */
const toAddress = ({ host }: HostPort, url: URL): Options & { servername?: string } => ({
  hostname: host,
  ...(isIP(url.hostname) === 0 && { servername: url.hostname }),
  headers: { host: url.host },
});

function exchange(request: typeof httpRequest, post: Post, options: Options): Promise<Answer> {
  const { method = 'POST', url, headers, body, signal } = post;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      ...options,
      headers: { ...headers, ...options.headers, 'content-length': String(body.bytes) },
      ...(signal && { signal }),
    });
    sent.once('error', (error: NodeJS.ErrnoException) => {
      const reusedIdle = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(reusedIdle ? Object.assign(error, { reusedIdle: true }) : error);
    });
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const settle = (): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, Math.max(0, maxAnswerBytes - size)));
        size += chunk.length;
        if (size <= maxAnswerBytes) return;
        // What is cut here cannot be read there, and is reported as that.
        settle();
        sent.destroy();
      });
      response.once('end', settle);
      response.once('error', reject);
    });
    sent.cork();
    for (const chunk of body.chunks) sent.write(chunk);
    sent.end();
    sent.uncork();
  });
}

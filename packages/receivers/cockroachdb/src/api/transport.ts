import { formatDuration } from '@millrace/core';
import { bodyOf, createClient, type Headers, type Reply, type TlsConfig, userAgent } from '@millrace/http-client';
import type { Endpoint } from './endpoint.ts';
import { ApiError, reasonOfFailure } from './error.ts';

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly endpoint: Endpoint;
  /** With its query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface Transport {
  /** Hands over an answer that has begun, whatever its status. Rejects with an ApiError if all of it does not end in time. */
  exchange<T>(asked: Asked, use: (reply: Reply) => Promise<T>): Promise<T>;
  close(signal: AbortSignal): Promise<void>;
}

export interface TransportOptions {
  readonly tls: TlsConfig;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Sent with everything. */
  readonly headers: Headers;
}

/** Longer than most intervals. */
const idleTimeoutMs = 90_000;

/** Connections to the nodes of one cluster. Redirects are not followed: what is asked for has credentials with it. */
export function createTransport({ tls, timeoutMs, maxBytes, headers: always }: TransportOptions): Transport {
  const http = createClient({ tls, maxPerHost: 0, idleTimeoutMs, keepAlive: true, proxy: undefined });

  return {
    async exchange({ method, endpoint, path, headers, body, signal }, use) {
      const where = `${method} ${endpoint.base}${path.replace(/\?.*$/, '')}`;
      const limit = AbortSignal.timeout(timeoutMs);
      let reply: Reply | undefined;
      try {
        reply = await http.request({
          method,
          url: new URL(endpoint.base + path),
          headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...always, ...headers },
          ...(body !== undefined && { body: bodyOf([Buffer.from(body)]) }),
          maxBytes,
          signal: AbortSignal.any([signal, limit]),
        });
        return await use(reply);
      } catch (error) {
        reply?.discard();
        if (error instanceof ApiError) throw error;
        if (signal.aborted) throw new ApiError(`${where} was given up.`, { reason: 'timeout', cause: signal.reason });
        if (limit.aborted)
          throw new ApiError(`${where} was not answered within ${formatDuration(timeoutMs)}.`, { reason: 'timeout' });
        throw new ApiError(`${where} failed`, { reason: reasonOfFailure(error), cause: error });
      }
    },
    close: (signal) => http.close(signal),
  };
}

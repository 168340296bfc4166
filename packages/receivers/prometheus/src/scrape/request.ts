import {
  type AuthorizationConfig,
  authorizationOf,
  createClient,
  type Headers,
  parseProxy,
  shown,
  userAgent,
} from '@millrace/http-client';
import type { JobConfig } from '../config/job.ts';
import { tlsOf } from '../config/tls.ts';
import type { Job } from '../job.ts';
import type { Target } from '../target.ts';

/** A page whose body has not been read yet. */
export interface OpenPage {
  readonly contentType: string | undefined;
  /** Not compressed. It ends with an error if the page does not come whole, or in time, or is too big. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Nobody will read it. */
  discard(): void;
}

/** Asks a target for its page. Rejects if the answer is none. */
export type Ask = (target: Target, signal: AbortSignal) => Promise<OpenPage>;

export interface Requester {
  readonly ask: Ask;
  close(signal: AbortSignal): Promise<void>;
}

const mostRedirects = 10;

/** An idle connection is kept until about the next scrape but one. */
const idleTimeoutMs = (job: Job): number => Math.min(2 * job.intervalMs, 300_000);

export function createRequester(job: Job): Requester {
  const { config, limits } = job;
  const authorization = authorizationOf(authorizationConfig(config));
  const headers: Headers = {
    ...configuredHeaders(config),
    accept: job.accept,
    'accept-encoding': config.enable_compression ? 'gzip' : 'identity',
    'user-agent': userAgent,
  };
  const client = createClient({
    tls: tlsOf(config.tls_config),
    maxPerHost: 0,
    idleTimeoutMs: idleTimeoutMs(job),
    keepAlive: true,
    proxy: config.proxy_url === undefined ? undefined : parseProxy(config.proxy_url),
  });

  return {
    async ask({ url, timeoutMs }, signal) {
      const reply = await client.request({
        url,
        headers: {
          ...headers,
          'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1000),
          ...(await authorization()),
        },
        maxBytes: limits.bodyBytes || Number.POSITIVE_INFINITY,
        redirects: config.follow_redirects ? mostRedirects : 0,
        signal,
      });
      const { status, body, discard } = reply;
      if (status === 200) return { contentType: reply.headers['content-type'], body, discard };
      discard();
      throw new Error(`${shown(reply.url)} answered with the status ${status}.`);
    },
    close: (signal) => client.close(signal),
  };
}

/** Where the older key for it stands, as the newer. */
function authorizationConfig(config: JobConfig): AuthorizationConfig {
  const { basic_auth: basic, bearer_token: credentials, bearer_token_file: file } = config;
  const bearer = credentials !== undefined || file !== undefined ? { credentials, credentials_file: file } : undefined;
  return { basic_auth: basic, authorization: config.authorization ?? bearer };
}

const configuredHeaders = ({ http_headers: configured }: JobConfig): Headers =>
  Object.fromEntries(
    Object.entries(configured).map(([name, { values, secrets }]) => [
      name.toLowerCase(),
      [...values, ...secrets].join(', '),
    ]),
  );

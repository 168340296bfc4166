import type { Headers, Reply } from '@millrace/http-client';
import { readJson } from '../json/read.ts';
import { type Json, members, type Shape } from '../json/shape.ts';
import type { Credentials } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { ApiError } from './error.ts';
import type { Transport } from './transport.ts';
import { messageOf, refusalOf } from './refusal.ts';

export interface Get {
  readonly endpoint: Endpoint;
  /** With its query. */
  readonly path: string;
  readonly signal: AbortSignal;
  /**
   * `known`: with the session that there is, if there is one: for what everybody is told. `needed`: logs in if there is none.
   * `renewed`, the default: also if the node refuses it.
   */
  readonly session?: 'known' | 'needed' | 'renewed';
}

/** What is asked of one cluster. Everything rejects with an ApiError, within the time that a request may take. */
export interface Client {
  /** What a JSON answer has of the shape. */
  json(get: Get, shape: Shape): Promise<Json | undefined>;
  /** Hands over the body as it comes. */
  stream(get: Get, take: (chunk: Uint8Array) => void): Promise<void>;
  /** Whether a node answers, and whether it takes SQL clients. */
  health(endpoint: Endpoint, signal: AbortSignal): Promise<Health>;
  close(signal: AbortSignal): Promise<void>;
}

export interface Health {
  readonly ready: boolean;
  /** Why it is not ready, in its own words. */
  readonly message: string | undefined;
  /** From the request to the beginning of the answer. The first request to a node has to connect, too. */
  readonly rttSeconds: number;
}

const accept = { accept: 'application/json' };
const anything = members({});

export function createClient({ exchange, close }: Transport, credentials: Credentials): Client {
  function getOnce<T>({ endpoint, path, signal }: Get, shown: Headers, use: (reply: Reply) => Promise<T>): Promise<T> {
    return exchange({ method: 'GET', endpoint, path, signal, headers: { ...accept, ...shown } }, async (reply) => {
      if (reply.status !== 200) throw await refusalOf(reply, `GET ${endpoint.base}${path}`);
      return use(reply);
    });
  }

  /** A session that has expired is renewed, once. */
  async function get<T>(asked: Get, use: (reply: Reply) => Promise<T>): Promise<T> {
    const { endpoint, signal, session = 'renewed' } = asked;
    const shown = await (session === 'known' ? credentials.known(endpoint) : credentials.headers(endpoint, signal));
    try {
      return await getOnce(asked, shown, use);
    } catch (error) {
      if (session !== 'renewed' || !(error instanceof ApiError) || error.status !== 401) throw error;
      const other = await credentials.renew(shown, endpoint, signal);
      if (!other) throw error;
      return getOnce(asked, other, use);
    }
  }

  return {
    json: (asked, shape) => get(asked, ({ body }) => readJson(body, shape)),
    stream: (asked, take) =>
      get(asked, async ({ body }) => {
        for await (const chunk of body) take(chunk);
      }),
    async health(endpoint, signal) {
      const headers = { ...accept, ...(await credentials.known(endpoint)) };
      const begun = performance.now();
      return exchange({ method: 'GET', endpoint, path: '/health?ready=1', signal, headers }, async (reply) => {
        const rttSeconds = (performance.now() - begun) / 1000;
        if (reply.status === 503) return { ready: false, message: await messageOf(reply), rttSeconds };
        if (reply.status !== 200) throw await refusalOf(reply, `GET ${endpoint.base}/health`);
        // Something else than a node might answer.
        await readJson(reply.body, anything);
        return { ready: true, message: undefined, rttSeconds };
      });
    },
    close,
  };
}

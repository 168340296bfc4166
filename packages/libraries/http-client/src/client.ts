import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { HostPort } from '@millrace/core';
import type { Connections } from './agents.ts';
import { createAgents } from './agents.ts';
import { readAnswer } from './answer.ts';
import type { Body } from './body.ts';
import type { Sent } from './exchange.ts';
import { exchange, toAddress, wasReusedIdle } from './exchange.ts';
import type { Poster } from './post.ts';
import { throughProxy } from './proxy.ts';
import { redirected } from './redirect.ts';
import type { Reply } from './reply.ts';
import { acceptedEncodings, replyOf } from './reply.ts';

export interface Asked {
  /** Default: GET. */
  readonly method?: string | undefined;
  readonly url: URL;
  /** With names in lower case. `accept-encoding` is there already. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Body | undefined;
  /** Where to connect to instead of looking up the host of the URL. */
  readonly address?: HostPort | undefined;
  /** Bytes of the body, decompressed, beyond which reading it throws `BodyTooLarge`. */
  readonly maxBytes: number;
  /**
   * How many redirects to follow, of GET and HEAD; default: none, a redirect is an answer. To another origin go only the
   * headers `accept`, `accept-encoding` and `user-agent`: nothing that may be secret.
   */
  readonly redirects?: number | undefined;
  /** For the whole answer: a timeout is `AbortSignal.timeout(…)`. */
  readonly signal?: AbortSignal | undefined;
}

export interface Client extends Poster {
  /** Resolves with the beginning of any answer, whatever its status; rejects when there is none. */
  request(asked: Asked): Promise<Reply>;
}

/**
 * Keeps connections, and reads certificates anew for each. What finds an idle connection closed by the server is sent again,
 * once.
 */
export function createClient(connections: Connections): Client {
  const { proxy } = connections;
  const { plain, secure } = createAgents(connections);
  const underWay = new Set<Promise<unknown>>();

  const sendOnce = (sent: Sent): Promise<IncomingMessage> => {
    const { url, address } = sent;
    const isSecure = url.protocol === 'https:';
    return exchange(sent, {
      agent: isSecure ? secure : plain,
      ...(proxy && !isSecure && throughProxy(proxy, url)),
      ...(address && toAddress(address, url)),
    });
  };

  async function send(sent: Sent): Promise<IncomingMessage> {
    try {
      return await sendOnce(sent);
    } catch (error) {
      if (!wasReusedIdle(error) || sent.signal?.aborted) throw error;
      return sendOnce(sent);
    }
  }

  function track<Result>(running: Promise<Result>): Promise<Result> {
    underWay.add(running);
    return running.finally(() => underWay.delete(running));
  }

  async function ask({ method = 'GET', redirects = 0, maxBytes, ...asked }: Asked): Promise<Reply> {
    const headers = { 'accept-encoding': acceptedEncodings, ...asked.headers };
    let sent: Sent = { ...asked, method, headers };
    for (let followed = 0; ; followed++) {
      const response = await send(sent);
      const next = redirects > 0 ? redirected(sent, response) : undefined;
      if (!next) {
        const { promise, resolve } = Promise.withResolvers<void>();
        void track(promise);
        return replyOf(response, { url: sent.url, maxBytes, signal: asked.signal, done: resolve });
      }
      response.destroy();
      if (followed === redirects) throw new Error(`There were more than ${redirects} redirects.`);
      sent = next;
    }
  }

  return {
    request: (asked) => track(ask(asked)),
    post: ({ method = 'POST', ...post }) => track(send({ method, ...post }).then(readAnswer)),
    async close(signal) {
      if (underWay.size > 0 && !signal.aborted)
        await Promise.race([Promise.allSettled(underWay), once(signal, 'abort')]);
      plain.destroy();
      secure.destroy();
    },
  };
}

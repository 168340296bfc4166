import type { Clock } from '@millrace/core';
import type { Headers } from '@millrace/http-client';
import type { Credentials } from './credentials.ts';
import { sessionHeaders } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { reasonOf } from './error.ts';

/** Asks a node for a session. Rejects with an ApiError. */
export type LogIn = (endpoint: Endpoint, signal: AbortSignal) => Promise<string>;

/** A password that was refused is not tried again for this long: checking one costs a node a tenth of a second of CPU. */
const retryRefusedAfterMs = 60_000;

/**
 * One session for the whole cluster, whichever node gave it. While there is none, each node is asked for one: a node that
 * hangs then costs no other. One that a node refuses has expired, or was revoked.
 */
export function sessionCredentials(logIn: LogIn, clock: Clock): Credentials {
  let session: Headers | undefined;
  const asked = new Map<Endpoint, Promise<Headers>>();
  let refusal: { readonly error: unknown; readonly until: number } | undefined;

  async function ask(endpoint: Endpoint, signal: AbortSignal): Promise<Headers> {
    try {
      session = sessionHeaders(await logIn(endpoint, signal));
      return session;
    } catch (error) {
      if (reasonOf(error) === 'unauthorized') refusal = { error, until: clock.now() + retryRefusedAfterMs };
      throw error;
    } finally {
      asked.delete(endpoint);
    }
  }

  function askOnce(endpoint: Endpoint, signal: AbortSignal): Promise<Headers> {
    if (refusal && clock.now() < refusal.until) return Promise.reject(refusal.error as Error);
    const waiting = asked.get(endpoint) ?? ask(endpoint, signal);
    asked.set(endpoint, waiting);
    return waiting;
  }

  return {
    known: async () => session ?? {},
    headers: async (endpoint, signal) => session ?? askOnce(endpoint, signal),
    async renew(refused, endpoint, signal) {
      // Another request has renewed it. Until somebody has, the old one stays: a node that drains refuses good sessions too.
      if (session && session !== refused) return session;
      return askOnce(endpoint, signal);
    },
  };
}

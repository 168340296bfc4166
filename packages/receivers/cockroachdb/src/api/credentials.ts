import type { Headers } from '@millrace/http-client';
import type { Endpoint } from './endpoint.ts';

/** What shows a node who asks. */
export interface Credentials {
  /** Of what is at hand: nothing is asked for, nobody logs in. For what a node tells to everybody. */
  known(endpoint: Endpoint): Promise<Headers>;
  /** Logs in first if that is needed. */
  headers(endpoint: Endpoint, signal: AbortSignal): Promise<Headers>;
  /** Others in place of these, which the node refused; undefined if there are none. Rejects if it gives none. */
  renew(refused: Headers, endpoint: Endpoint, signal: AbortSignal): Promise<Headers | undefined>;
}

/** The same headers for every request. */
export function fixedCredentials(headers: Headers): Credentials {
  return { known: async () => headers, headers: async () => headers, renew: async () => undefined };
}

/** Headers that somebody else gives at every request. */
export function givenCredentials(give: (endpoint: string) => Promise<Headers>): Credentials {
  const headers = (endpoint: Endpoint): Promise<Headers> => give(endpoint.base);
  return { known: headers, headers, renew: async () => undefined };
}

/** A session as the API v2 wants it, and as the older parts of the API do. */
export const sessionHeaders = (session: string): Headers => ({
  'x-cockroach-api-session': session,
  cookie: `session=${session}`,
});

/** Of what `cockroach auth-session login` prints, or of the session alone. */
export const bareSession = (text: string): string =>
  text
    .trim()
    .replace(/^session=/, '')
    .replace(/;.*$/, '');

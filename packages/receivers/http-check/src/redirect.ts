import type { IncomingHttpHeaders } from 'node:http';
import { isHttpUrl, shown } from '@millrace/http-client';
import type { Route } from './connection.ts';
import type { Sent } from './exchange.ts';

/** A request and the way that it takes. */
export interface Going {
  readonly sent: Sent;
  readonly route: Route;
}

const statuses = [301, 302, 303, 307, 308];
const harmless = ['accept', 'user-agent'];

/**
 * Where an answer sends a request on to; undefined if it does not. To another origin go no headers, no body and no client
 * certificate: nothing that may be secret. Throws where it cannot be followed.
 */
export function redirected(
  { sent, route }: Going,
  answer: { status: number; headers: IncomingHttpHeaders },
): Going | undefined {
  const { location } = answer.headers;
  if (location === undefined || !statuses.includes(answer.status)) return undefined;
  const url = URL.canParse(location, sent.url.href) ? new URL(location, sent.url) : undefined;
  if (!url || !isHttpUrl(url.href)) throw new Error(`The redirect to ${brief(location)} cannot be followed.`);
  const isRead = sent.method === 'GET' || sent.method === 'HEAD';
  // https://www.rfc-editor.org/rfc/rfc9110#section-15.4: 307 and 308 keep the method; the others are read with GET, as browsers do.
  const keeps = isRead || answer.status === 307 || answer.status === 308;
  const { 'content-type': _, ...bare } = sent.headers;
  const next: Sent = keeps ? { ...sent, url } : { method: 'GET', url, headers: bare, body: undefined };
  if (url.origin === sent.url.origin) return { sent: next, route };
  if (!isRead && keeps)
    throw new Error(`The redirect to ${shown(url)} is not followed: it would take a ${sent.method} to another server.`);
  const {
    cert_file: _file,
    cert_pem: _pem,
    key_file: _key,
    key_pem: _keyPem,
    server_name_override: _name,
    ...tls
  } = route.tls;
  return {
    sent: {
      ...next,
      headers: Object.fromEntries(Object.entries(next.headers).filter(([name]) => harmless.includes(name))),
      body: undefined,
    },
    route: { ...route, tls, socketPath: undefined },
  };
}

const brief = (text: string): string => JSON.stringify(text.split(/[?#]/, 1)[0]!.slice(0, 200));

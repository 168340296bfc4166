import type { IncomingMessage } from 'node:http';
import type { Sent } from './exchange.ts';
import { isHttpUrl } from './url.ts';

const statuses = [301, 302, 303, 307, 308];
const harmless = ['accept', 'accept-encoding', 'user-agent'];

/** What a redirect asks to be sent; undefined if it is none that can be followed. */
export function redirected(sent: Sent, response: IncomingMessage): Sent | undefined {
  const { location } = response.headers;
  if (location === undefined || !statuses.includes(response.statusCode ?? 0)) return undefined;
  if (sent.method !== 'GET' && sent.method !== 'HEAD') return undefined;
  const target = URL.canParse(location, sent.url.href) ? new URL(location, sent.url) : undefined;
  if (!target || !isHttpUrl(target.href))
    throw new Error(`The redirect to ${JSON.stringify(location)} cannot be followed.`);
  if (target.origin === sent.url.origin) return { ...sent, url: target };
  const headers = Object.fromEntries(Object.entries(sent.headers).filter(([name]) => harmless.includes(name)));
  return { ...sent, url: target, headers, address: undefined };
}

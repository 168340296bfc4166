import { unescape } from 'node:querystring';
import type { HostPort } from '@millrace/core';

export const isHttpUrl = (text: string): boolean =>
  URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

export const serverOf = ({ hostname, port, protocol }: URL): HostPort => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port) || (protocol === 'https:' ? 443 : 80),
});

/** For messages: without what may be secret in it, a password or a key in the query. */
export const shown = (url: URL): string => `${url.origin}${url.pathname}`;

/** What may be secret in a URL, for a redactor: the password, and what is in the query under other names than these. */
export function secretsIn({ searchParams, password }: URL, harmless: ReadonlySet<string> = new Set()) {
  const query = [...searchParams].filter(([name]) => !harmless.has(name)).map(([, value]) => value);
  // Some servers repeat a URL as they got it.
  const all = [unescape(password), ...query].flatMap((value) => [value, encodeURIComponent(value)]);
  return Object.fromEntries(all.entries());
}

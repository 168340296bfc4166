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

/** What may be secret in a URL, by name, for a redactor. */
export const secretsIn = ({ searchParams, password }: URL): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(searchParams),
  password: unescape(password),
});

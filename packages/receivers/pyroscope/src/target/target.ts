import type { Attributes } from '@millrace/core';

/** A program that is pulled from. */
export interface Target {
  /** The same for the same program: of a process, its pid and when it was started are part of it. */
  readonly key: string;
  readonly url: URL;
  readonly resource: Attributes;
  /** Whether it is still the program that was found; without it nobody knows. */
  isThere?(): boolean;
}

interface TargetOptions {
  readonly serviceName: string | undefined;
  readonly attributes: Attributes;
  /** Of what is told of the program besides. */
  readonly identity?: string;
}

export function targetOf(url: URL, { serviceName, attributes, identity = '' }: TargetOptions): Target {
  const resource = {
    'service.name': serviceName ?? url.host,
    'service.instance.id': url.host,
    'server.address': url.hostname.replace(/^\[|\]$/g, ''),
    'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    ...attributes,
  };
  return { key: JSON.stringify([url.href, identity, resource]), url, resource };
}

/** The URL of a profile, below that of the target. */
export function profileUrl({ url }: Target, path: string): URL {
  const own = new URL(url.href);
  const [pathname, query] = splitOnce(path, '?');
  own.pathname = `${url.pathname.replace(/\/+$/, '')}/${pathname.replace(/^\/+/, '')}`;
  for (const [name, value] of new URLSearchParams(query)) own.searchParams.append(name, value);
  return own;
}

export function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

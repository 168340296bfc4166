import type { HostPort } from '@millrace/core';

/** Of a TCP or a unix socket. */
export type Address = HostPort | { readonly path: string };

/** Where a gRPC server is. */
export interface Endpoint {
  readonly address: Address;
  /** What `:authority` says. */
  readonly authority: string;
  /** Said by an `http://` or `https://` in front; undefined leaves it to `tls.insecure`. */
  readonly secure: boolean | undefined;
}

/** `host:port`, `http://`, `https://`, `dns:///` or `unix:`, as the collector takes them. Throws what is none of them. */
export function parseEndpoint(text: string): Endpoint {
  const unix = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(text);
  if (unix) return { address: { path: unix[1]! }, authority: 'localhost', secure: undefined };
  const [, scheme, rest = ''] = /^(?:(https?):\/\/|dns:(?:\/\/[^/]*\/)?)?(.*)$/.exec(text) ?? [];
  const parts = /^(\[[0-9a-f:.%]+\]|[^:/[\]@?#\s]+):(\d{1,5})\/?$/i.exec(rest);
  const port = Number(parts?.[2]);
  if (!parts || port < 1 || port > 65_535) throw new Error(`${describe(text, rest)} Allowed are ${allowed}.`);
  return {
    address: { host: parts[1]!.replace(/^\[|\]$/g, ''), port },
    authority: `${parts[1]}:${port}`,
    secure: scheme === undefined ? undefined : scheme === 'https',
  };
}

const allowed = 'host:port, http://host:port, https://host:port, dns:///host:port and unix:/path';

const describe = (text: string, rest: string): string =>
  /^[^:/@?#\s]+\/?$/.test(rest)
    ? `The endpoint ${JSON.stringify(text)} has no port.`
    : `The endpoint ${JSON.stringify(text.replace(/\/\/[^/]*@/, '//'))} is not one that gRPC can use.`;

import { serverOf } from '@millrace/http-client';
import type { Attributes } from '@millrace/core';

/** Where a node answers over HTTP. */
export interface Endpoint {
  /** With the path before the API's own, if a proxy wants one, and no slash at its end. For messages too: it has no secret. */
  readonly base: string;
  /** `host:port`. */
  readonly address: string;
  /** `server.address` and `server.port`: the same object for each point. */
  readonly attributes: Attributes;
}

export function endpointOf(text: string): Endpoint {
  const url = new URL(text);
  const { host, port } = serverOf(url);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return {
    base,
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    attributes: Object.freeze({ 'server.address': host, 'server.port': port }),
  };
}

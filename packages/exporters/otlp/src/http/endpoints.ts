import type { HostPort, Problem, Signal } from '@millrace/core';

export interface Endpoints {
  readonly endpoint?: string | undefined;
  readonly metrics_endpoint?: string | undefined;
  readonly logs_endpoint?: string | undefined;
}

/** Where each signal goes; undefined where the config does not say. */
export function urlFor({ endpoint, ...own }: Endpoints, signal: Signal): URL | undefined {
  const exact = own[`${signal}_endpoint`];
  if (exact !== undefined) return new URL(exact);
  if (endpoint === undefined) return undefined;
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  return url;
}

export const serverOf = ({ hostname, port, protocol }: URL): HostPort => ({
  host: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port) || (protocol === 'https:' ? 443 : 80),
});

/** For messages: without what may be secret in it, a password or a key in the query. */
export const shown = (url: URL): string => `${url.origin}${url.pathname}`;

export function checkEndpoints(endpoints: Endpoints): Problem[] {
  const keys = ['endpoint', 'metrics_endpoint', 'logs_endpoint'] as const;
  if (keys.every((key) => endpoints[key] === undefined))
    return [{ path: [], message: 'An endpoint is needed, or at least one of metrics_endpoint and logs_endpoint.' }];
  return keys.flatMap((key) => {
    const text = endpoints[key];
    const protocol = text !== undefined && URL.canParse(text) ? new URL(text).protocol : undefined;
    if (text === undefined || protocol === 'http:' || protocol === 'https:') return [];
    return [{ path: [key], message: `${key} must be a URL that begins with http:// or https://.` }];
  });
}

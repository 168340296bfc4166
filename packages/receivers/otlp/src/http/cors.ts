import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { HttpConfig } from './config.ts';

export interface Cors {
  /** The headers of the answer to a question for permission (a preflight). Undefined where the request is none. */
  preflight(request: IncomingMessage): OutgoingHttpHeaders | undefined;
  /** What any other answer has besides. */
  headers(request: IncomingMessage): OutgoingHttpHeaders;
}

// Any page may send these, and without content-type there is no OTLP. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
const alwaysAllowed = ['accept', 'accept-language', 'content-language', 'content-type'];

/** https://fetch.spec.whatwg.org/#http-cors-protocol */
export function createCors(config: NonNullable<HttpConfig['cors']>): Cors {
  const anyOrigin = config.allowed_origins.includes('*');
  const origins = config.allowed_origins.map(wildcard);
  const anyHeader = config.allowed_headers.includes('*');
  const allowed = new Set([...alwaysAllowed, ...config.allowed_headers.map((name) => name.toLowerCase())]);

  function originHeaders({ headers: { origin } }: IncomingMessage): OutgoingHttpHeaders | undefined {
    if (origin === undefined) return undefined;
    if (anyOrigin) return { 'access-control-allow-origin': '*' };
    if (!origins.some((pattern) => pattern.test(origin))) return undefined;
    return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
  }

  return {
    preflight(request) {
      if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
        return undefined;
      const vary = { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' };
      const origin = originHeaders(request);
      const wanted = String(request.headers['access-control-request-headers'] ?? '')
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter(Boolean);
      const isAllowed =
        request.headers['access-control-request-method'] === 'POST' &&
        (anyHeader || wanted.every((name) => allowed.has(name)));
      if (!origin || !isAllowed) return vary;
      return {
        ...vary,
        ...origin,
        'access-control-allow-methods': 'POST',
        ...(wanted.length > 0 && { 'access-control-allow-headers': wanted.join(', ') }),
        ...(config.max_age > 0 && { 'access-control-max-age': String(config.max_age) }),
      };
    },
    headers(request) {
      const origin = originHeaders(request);
      return {
        vary: 'Origin',
        ...origin,
        ...(origin &&
          config.exposed_headers.length > 0 && {
            'access-control-expose-headers': config.exposed_headers.join(', '),
          }),
      };
    },
  };
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i');
}

import { hostname } from 'node:os';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { parseEndpoint } from '@millrace/core';
import { code, Refusal } from '@millrace/server';

export interface GuardConfig {
  readonly endpoint: string;
  readonly auth?: object;
  readonly allowed_hosts: readonly string[];
  readonly allowed_origins: readonly string[];
}

/**
 * Keeps web pages out that a browser on this machine or network happens to show: a page of another origin, unless it is
 * allowed, and a page whose name was pointed to this address (DNS rebinding), which the host that it asks for betrays.
 */
export interface Guard {
  /** Throws a Refusal. Returns headers that the answer must have besides. */
  check(request: IncomingMessage): OutgoingHttpHeaders;
  /** The headers of the answer to a page's question for permission. Undefined where the request is none. */
  preflight(request: IncomingMessage): OutgoingHttpHeaders | undefined;
}

export function createGuard(config: GuardConfig): Guard {
  const own = [parseEndpoint(config.endpoint)?.host ?? '', hostname(), ...config.allowed_hosts];
  const hosts = new Set(own.map((host) => host.toLowerCase()));
  const origins = new Set(config.allowed_origins.map((origin) => origin.toLowerCase()));

  function checkHost(host: string): void {
    // A page that was let in by its name has no token to show.
    if (config.auth) return;
    const name = hostOf(host);
    if (name !== undefined && (isAddress(name) || isLocal(name) || hosts.has(name))) return;
    throw forbidden(
      `The host ${JSON.stringify(host)} is not one that this server goes by. Add it to allowed_hosts, or ask by address.`,
    );
  }

  function originHeaders({ headers: { origin = '', host = '' } }: IncomingMessage): OutgoingHttpHeaders {
    if (origin === '' || origin === `http://${host}` || origin === `https://${host}`) return {};
    if (!origins.has(origin.toLowerCase()))
      throw forbidden(`Pages of ${JSON.stringify(origin)} may not ask here. Add it to allowed_origins if they should.`);
    return { 'access-control-allow-origin': origin, vary: 'origin' };
  }

  return {
    check(request) {
      checkHost(request.headers.host ?? '');
      return originHeaders(request);
    },
    preflight(request) {
      if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
        return undefined;
      return {
        ...originHeaders(request),
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, last-event-id',
        'access-control-max-age': '600',
      };
    },
  };
}

/** `name:port` without its port, `[::1]` without its brackets. */
function hostOf(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d+)?$/i.exec(host) ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

const isAddress = (name: string): boolean => /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/.test(name);
const isLocal = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

const forbidden = (message: string): Refusal => new Refusal(message, { code: code.permissionDenied, status: 403 });

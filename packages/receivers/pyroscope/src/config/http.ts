import type { ConfigOf, Problem } from '@millrace/core';
import {
  authorizationSchema,
  checkAuthorization,
  checkEndpoint,
  checkProxy,
  checkTls,
  connectionsSchema,
  headersSchema,
} from '@millrace/http-client';

/** The keys that servers and targets share: how they are asked. */
export const httpKeys = {
  ...authorizationSchema,
  headers: headersSchema,
  ...connectionsSchema,
} as const;

export type HttpConfig = ConfigOf<{ readonly properties: typeof httpKeys }>;

export function checkHttp(config: HttpConfig): Problem[] {
  const names = new Set(Object.keys(config.headers).map((name) => name.toLowerCase()));
  const twice = names.has('authorization') && (config.basic_auth ?? config.authorization) !== undefined;
  return [
    ...checkAuthorization(config),
    ...checkTls(config.tls),
    ...checkProxy(config.proxy_url, undefined),
    ...(twice
      ? [{ path: ['headers'], message: 'authorization is there twice: give it as a header, or by its own key.' }]
      : []),
  ];
}

export const checkUrl = (url: string, path: Problem['path']): Problem[] =>
  checkEndpoint(url, {
    path,
    name: String(path.findLast((part) => typeof part === 'string')),
    instead: 'use basic_auth',
  });

/** The problems, as found below this path. */
export const below = (path: Problem['path'], problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));

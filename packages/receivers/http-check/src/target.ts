import type { Attributes, Context } from '@millrace/core';
import { type Credentials, credentialsOf, lowerCase, parseProxy, userAgent } from '@millrace/http-client';
import type { Config, TargetConfig } from './config.ts';
import type { Going } from './redirect.ts';
import { createJudge, type Answer, type Verdict } from './validate.ts';

/** One endpoint, and how it is asked. */
export interface Target {
  readonly endpoint: string;
  readonly config: TargetConfig;
  /** Without the credentials of an extension. */
  readonly going: Going;
  readonly credentials: Credentials | undefined;
  /** Those of all its points. */
  readonly attributes: Attributes;
  judge(answer: Answer): Verdict;
}

const families = { any: 0, ipv4: 4, ipv6: 6 } as const;

export function targetsOf({ targets }: Config, context: Context): readonly Target[] {
  const times = new Map<string, number>();
  return targets.flatMap((config) => {
    const { endpoint, endpoints = [], name } = config;
    const judge = createJudge(config.validations);
    const credentials = credentialsOf(context, config.auth);
    return [...endpoints, ...(endpoint === undefined ? [] : [endpoint])].map((one): Target => {
      const key = JSON.stringify([one, name]);
      const nth = (times.get(key) ?? 0) + 1;
      times.set(key, nth);
      // An endpoint that is listed twice, perhaps with another method, has series of its own.
      const label = nth === 1 ? name : name === undefined ? String(nth) : `${name} ${nth}`;
      const attributes = Object.freeze({ 'http.url': one, ...(label !== undefined && { 'httpcheck.name': label }) });
      return { endpoint: one, config, going: goingOf(one, config), credentials, attributes, judge };
    });
  });
}

function goingOf(endpoint: string, config: TargetConfig): Going {
  const { tls, proxy_url: proxy, socket_path: socketPath, ip_version: version, body } = config;
  const headers = lowerCase(config.headers);
  const contentType = headers['content-type'] ?? (config.auto_content_type && body ? contentTypeOf(body) : undefined);
  return {
    sent: {
      url: new URL(endpoint),
      method: config.method.toUpperCase(),
      headers: {
        'user-agent': userAgent,
        accept: '*/*',
        ...headers,
        ...(contentType !== undefined && { 'content-type': contentType }),
      },
      body: body === '' ? undefined : body,
    },
    route: {
      tls,
      proxy: proxy === undefined ? undefined : parseProxy(proxy),
      socketPath,
      family: families[version],
    },
  };
}

/** What a body looks like, as the collector's receiver has it. */
function contentTypeOf(body: string): string {
  if (/^\s*[{[]/.test(body)) return 'application/json';
  return body.includes('=') ? 'application/x-www-form-urlencoded' : 'text/plain';
}

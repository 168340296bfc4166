import type { Problem, Signal } from '@millrace/core';
import { signals } from '@millrace/core';
import { isHttpUrl } from '@millrace/http-client';
import type { BalanceConfig } from '../balance/config.ts';
import { endpointsOf } from '../balance/config.ts';

export interface Endpoints extends BalanceConfig {
  readonly metrics_endpoint?: string | undefined;
  readonly logs_endpoint?: string | undefined;
  readonly traces_endpoint?: string | undefined;
  readonly profiles_endpoint?: string | undefined;
}

/** Where each signal goes; undefined where the config does not say. */
export type Urls = Readonly<Record<Signal, URL | undefined>>;

// https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
const paths: Readonly<Record<Signal, string>> = {
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  traces: '/v1/traces',
  profiles: '/v1development/profiles',
};

/** The URLs of one place, which is an endpoint with the paths of the signals added, or what the config has instead. */
export function urlsOf(endpoint: string | undefined, config: Endpoints): Urls {
  const url = (signal: Signal): URL | undefined => {
    const exact = config[`${signal}_endpoint`];
    if (exact !== undefined) return new URL(exact);
    if (endpoint === undefined) return undefined;
    const whole = new URL(endpoint);
    whole.pathname = `${whole.pathname.replace(/\/+$/, '')}${paths[signal]}`;
    return whole;
  };
  return { metrics: url('metrics'), logs: url('logs'), traces: url('traces'), profiles: url('profiles') };
}

/** Those of every endpoint. */
export function allUrls(config: Endpoints): readonly Urls[] {
  const endpoints = endpointsOf(config);
  return endpoints.length === 0 ? [urlsOf(undefined, config)] : endpoints.map((endpoint) => urlsOf(endpoint, config));
}

/** The same, one after the other. */
export const urlsIn = (config: Endpoints): readonly URL[] =>
  allUrls(config).flatMap((urls) => signals.flatMap((signal) => urls[signal] ?? []));

const ofSignal = (signal: Signal) => `${signal}_endpoint` as const;

export function checkEndpoints(config: Endpoints): Problem[] {
  const exact = signals.map(ofSignal).filter((key) => config[key] !== undefined);
  if (endpointsOf(config).length === 0 && exact.length === 0)
    return [{ path: [], message: `An endpoint is needed, or at least one of ${signals.map(ofSignal).join(', ')}.` }];
  const [first] = exact;
  if (first !== undefined && (config.endpoints ?? config.load_balancing))
    return [{ path: [first], message: `${first} is one place: it does not go with endpoints and load_balancing.` }];
  const texts: [Problem['path'], string][] = [
    ...(config.endpoint === undefined ? [] : [[['endpoint'], config.endpoint] as [Problem['path'], string]]),
    ...(config.endpoints ?? []).map((text, index): [Problem['path'], string] => [['endpoints', index], text]),
    ...exact.map((key): [Problem['path'], string] => [[key], config[key]!]),
  ];
  return texts.flatMap(([path, text]) => {
    if (isHttpUrl(text)) return [];
    return [{ path, message: `${path.join('.')} must be a URL that begins with http:// or https://.` }];
  });
}

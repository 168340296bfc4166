import { shown } from '@millrace/http-client';
import type { DatadogConfig } from './config.ts';
import type { Account } from './delivery.ts';

export interface MetricsAccount extends Account {
  readonly apiKey: string;
  readonly series: URL;
  readonly sketches: URL;
  readonly validate: URL;
  readonly intake: URL;
}

export interface LogsAccount extends Account {
  readonly apiKey: string;
  readonly logs: URL;
}

/** Who gets metrics: first the account of `api`. */
export function metricsAccounts({
  api,
  metrics,
  additional_endpoints: more,
}: DatadogConfig): readonly MetricsAccount[] {
  const account = (endpoint: string, key: string): MetricsAccount => {
    const path = `/api/${metrics.api}/series`;
    const root = withoutEnd(endpoint, path);
    const series = under(root, path);
    return {
      name: shown(series),
      restsUntil: 0,
      apiKey: key.trim(),
      series,
      sketches: under(root, '/api/beta/sketches'),
      validate: under(root, '/api/v1/validate'),
      intake: under(root, '/intake/'),
    };
  };
  return [account(metrics.endpoint ?? `https://api.${api.site}`, api.key), ...additional(more, account)];
}

/** Who gets logs. */
export function logsAccounts({ api, logs }: DatadogConfig): readonly LogsAccount[] {
  const account = (endpoint: string, key: string): LogsAccount => {
    const path = '/api/v2/logs';
    const url = under(withoutEnd(endpoint, path), path);
    return { name: shown(url), restsUntil: 0, apiKey: key.trim(), logs: url };
  };
  return [
    account(logs.endpoint ?? `https://http-intake.logs.${api.site}`, api.key),
    ...additional(logs.additional_endpoints, account),
  ];
}

const additional = <T>(
  endpoints: DatadogConfig['additional_endpoints'],
  account: (endpoint: string, key: string) => T,
): T[] => Object.entries(endpoints).flatMap(([endpoint, keys]) => keys.map((key) => account(endpoint, key)));

const trimmed = (url: string): string => url.replace(/\/+$/, '');

const withoutEnd = (endpoint: string, end: string): string => {
  const root = trimmed(endpoint);
  return root.endsWith(end) ? root.slice(0, -end.length) : root;
};

const under = (root: string, path: string): URL => new URL(trimmed(root) + path);

import type { InputOf } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import { expect, test } from 'vitest';
import { logsAccounts, metricsAccounts } from './accounts.ts';
import { checkConfig, datadogConfig } from './config.ts';

type Input = InputOf<typeof datadogConfig>;
const resolve = (input: Partial<Input>) =>
  resolveConfig(datadogConfig, { api: { key: 'f00dfeed' }, ...input } as Input);

test.each<[Partial<Input>, readonly string[]]>([
  [{}, ['https://api.datadoghq.com/api/v2/series']],
  [{ api: { key: 'k', site: 'us5.datadoghq.com' } }, ['https://api.us5.datadoghq.com/api/v2/series']],
  [{ metrics: { endpoint: 'http://127.0.0.1:80/' } }, ['http://127.0.0.1/api/v2/series']],
  [{ metrics: { endpoint: 'https://proxy.example/datadog' } }, ['https://proxy.example/datadog/api/v2/series']],
  [
    { metrics: { endpoint: 'https://app.datadoghq.com/api/v1/series', api: 'v1' } },
    ['https://app.datadoghq.com/api/v1/series'],
  ],
  [
    { additional_endpoints: { 'https://api.datadoghq.eu': ['b', 'c'] } },
    [
      'https://api.datadoghq.com/api/v2/series',
      'https://api.datadoghq.eu/api/v2/series',
      'https://api.datadoghq.eu/api/v2/series',
    ],
  ],
])('metrics of %j go to %j', (input, want) =>
  expect(metricsAccounts(resolve(input)).map(({ series }) => series.href)).toEqual(want),
);

test('the other URLs of an account', () => {
  const [account] = metricsAccounts(
    resolve({ metrics: { endpoint: 'https://app.datadoghq.com/api/v1/series', api: 'v1' } }),
  );
  expect([account!.sketches, account!.validate, account!.intake].map(String)).toEqual([
    'https://app.datadoghq.com/api/beta/sketches',
    'https://app.datadoghq.com/api/v1/validate',
    'https://app.datadoghq.com/intake/',
  ]);
});

test.each<[Partial<Input>, readonly string[]]>([
  [{}, ['https://http-intake.logs.datadoghq.com/api/v2/logs f00dfeed']],
  [{ api: { key: ' k\n', site: 'datadoghq.eu' } }, ['https://http-intake.logs.datadoghq.eu/api/v2/logs k']],
  [{ logs: { endpoint: 'http://here:1/api/v2/logs' } }, ['http://here:1/api/v2/logs f00dfeed']],
  [
    { additional_endpoints: { 'https://api.datadoghq.eu': ['b'] } },
    ['https://http-intake.logs.datadoghq.com/api/v2/logs f00dfeed'],
  ],
  [
    { logs: { additional_endpoints: { 'https://http-intake.logs.datadoghq.eu': ['b'] } } },
    [
      'https://http-intake.logs.datadoghq.com/api/v2/logs f00dfeed',
      'https://http-intake.logs.datadoghq.eu/api/v2/logs b',
    ],
  ],
])('logs of %j go to %j', (input, want) =>
  expect(logsAccounts(resolve(input)).map(({ logs, apiKey }) => `${logs.href} ${apiKey}`)).toEqual(want),
);

test.each<[Partial<Input>, string]>([
  [{}, ''],
  [{ api: { key: 'two words' } }, 'api.key: api.key has characters that no API key has.'],
  [
    { api: { key: 'k', site: 'https://app.datadoghq.eu' } },
    'api.site: api.site is the name of a site, such as datadoghq.com or datadoghq.eu, without https:// or a path.',
  ],
  [
    { metrics: { endpoint: 'api.datadoghq.eu' } },
    'metrics.endpoint: metrics.endpoint must be a URL that begins with http:// or https://.',
  ],
  [
    { logs: { endpoint: 'https://x/?api_key=k' } },
    'logs.endpoint: logs.endpoint must have no query and no fragment: a key belongs into api.key.',
  ],
  [
    { metrics: { endpoint: 'https://:k@x' } },
    'metrics.endpoint: metrics.endpoint must have no user and no password: a key belongs into api.key.',
  ],
  [
    { additional_endpoints: { 'ftp://x': ['k'] } },
    'additional_endpoints.ftp://x: Each key of additional_endpoints must be a URL that begins with http:// or https://.',
  ],
  [
    { additional_endpoints: { 'https://x': ['k', 'k k'] } },
    'additional_endpoints.https://x.1: A key has characters that no API key has.',
  ],
  [{ metrics: { api: 'v1', compression: 'zstd' } }, 'metrics.compression: v1 takes gzip, deflate or none.'],
  [
    { metrics: { endpoint: 'https://x/api/v1/series' } },
    'metrics.endpoint: The URL is that of v1, and metrics.api is v2: make them the same.',
  ],
  [
    { metrics: { api: 'v1' }, additional_endpoints: { 'https://x/api/v2/series': ['k'] } },
    'additional_endpoints.https://x/api/v2/series: The URL is that of v2, and metrics.api is v1: make them the same.',
  ],
  [{ host_metadata: { reporter_period: '1m' } }, 'host_metadata.reporter_period: reporter_period must be at least 5m.'],
  [
    { metrics: { histograms: { mode: 'nobuckets' } } },
    'metrics.histograms.send_aggregation_metrics: send_aggregation_metrics must be true with mode nobuckets, or nothing is left of a histogram.',
  ],
  [{ proxy_url: 'socks5://x' }, 'proxy_url: proxy_url must be a URL that begins with http://.'],
])('check %j', (input, want) =>
  expect(
    checkConfig(resolve(input))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n'),
  ).toBe(want),
);

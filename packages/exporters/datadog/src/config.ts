import type { ConfigOf, Problem } from '@millrace/core';
import { checkEndpoint, checkProxy, checkTls, connectionsSchema } from '@millrace/http-client';
import { checkMapKeys, mapKeys } from './map/config.ts';

const additionalEndpoints = (what: string) =>
  ({
    type: 'object',
    default: {},
    description: `More accounts that get ${what}: a URL, and keys for it.`,
    additionalProperties: {
      type: 'array',
      minItems: 1,
      description: 'API keys.',
      items: { type: 'string', format: 'secret', minLength: 1, description: 'A key; each gets everything.' },
    },
  }) as const;

export const datadogConfig = {
  properties: {
    api: {
      type: 'object',
      description: 'The account.',
      properties: {
        key: { type: 'string', format: 'secret', minLength: 1, description: 'The API key.' },
        site: {
          type: 'string',
          default: 'datadoghq.com',
          description: 'The Datadog site of the account, such as `datadoghq.eu` or `us5.datadoghq.com`.',
        },
        fail_on_invalid_key: {
          type: 'boolean',
          default: false,
          description: 'Do not start with a key that Datadog does not know. Otherwise that is a warning.',
        },
      },
      required: ['key'],
    },
    additional_endpoints: additionalEndpoints('all metrics'),
    hostname: mapKeys.hostname,
    tags: mapKeys.tags,
    metrics: {
      ...mapKeys.metrics,
      description: 'Where metrics go, and what becomes of them.',
      properties: {
        endpoint: {
          type: 'string',
          description:
            'Where to send metrics, instead of `https://api.<site>`. A URL that ends with `/api/v1/series` or `/api/v2/series` is taken as it is.',
        },
        api: {
          type: 'string',
          enum: ['v2', 'v1'],
          default: 'v2',
          description: 'Which interface takes series. v1 has no units, and is for what speaks only that.',
        },
        encoding: {
          type: 'string',
          enum: ['protobuf', 'json'],
          default: 'protobuf',
          description: 'How series are encoded; with v1 always as JSON. Sketches are protobuf always.',
        },
        compression: {
          type: 'string',
          enum: ['zstd', 'gzip', 'deflate', 'none'],
          description: 'How metrics are compressed. Without it, zstd, and deflate with v1, which has no zstd.',
        },
        ...mapKeys.metrics.properties,
      },
    },
    logs: {
      type: 'object',
      default: {},
      description: 'Where logs go.',
      properties: {
        endpoint: {
          type: 'string',
          description: 'Where to send logs, instead of `https://http-intake.logs.<site>`.',
        },
        compression: {
          type: 'string',
          enum: ['gzip', 'deflate', 'none'],
          default: 'gzip',
          description: 'How logs are compressed.',
        },
        additional_endpoints: additionalEndpoints('all logs'),
      },
    },
    host_metadata: {
      type: 'object',
      default: {},
      description: 'What Datadog is told of this host, for its list of hosts.',
      properties: {
        enabled: { type: 'boolean', default: true, description: 'Whether it is told.' },
        hostname_source: {
          type: 'string',
          enum: ['config_or_system'],
          default: 'config_or_system',
          description: 'Whose name is told: `hostname`, else that of this host.',
        },
        tags: {
          type: 'array',
          default: [],
          items: { type: 'string', minLength: 1, description: 'A tag, `key:value`.' },
          description: 'Tags of the host, besides `tags`. Datadog adds them to all that comes from it.',
        },
        reporter_period: {
          type: 'string',
          format: 'duration',
          default: '30m',
          description: 'How often. At least 5m.',
        },
      },
    },
    ...connectionsSchema,
  },
  required: ['api'],
} as const;

export type DatadogConfig = ConfigOf<typeof datadogConfig>;

const leastPeriodMs = 5 * 60_000;

export const checkConfig = (config: DatadogConfig): Problem[] => [
  ...checkAccount(config),
  ...checkEndpoints(config),
  ...checkSeries(config),
  ...checkMapKeys(config),
  ...(config.host_metadata.reporter_period < leastPeriodMs
    ? [{ path: ['host_metadata', 'reporter_period'], message: 'reporter_period must be at least 5m.' }]
    : []),
  ...checkTls(config.tls),
  ...checkProxy(config.proxy_url, false),
];

const isSendable = (key: string): boolean => /^[\x21-\x7e]+$/.test(key.trim());

function checkAccount({ api }: DatadogConfig): Problem[] {
  const problems: Problem[] = [];
  if (!isSendable(api.key))
    problems.push({ path: ['api', 'key'], message: 'api.key has characters that no API key has.' });
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(api.site))
    problems.push({
      path: ['api', 'site'],
      message: 'api.site is the name of a site, such as datadoghq.com or datadoghq.eu, without https:// or a path.',
    });
  return problems;
}

function checkEndpoints({ metrics, logs, additional_endpoints: more }: DatadogConfig): Problem[] {
  const single = [
    [['metrics', 'endpoint'], metrics.endpoint],
    [['logs', 'endpoint'], logs.endpoint],
  ] as const;
  const several = [
    [['additional_endpoints'], more],
    [['logs', 'additional_endpoints'], logs.additional_endpoints],
  ] as const;
  return [
    ...single.flatMap(([path, url]) => (url === undefined ? [] : urlProblem(url, path))),
    ...several.flatMap(([path, urls]) =>
      Object.entries(urls).flatMap(([url, keys]) => [
        ...urlProblem(url, [...path, url], `Each key of ${path.join('.')}`),
        ...keys.flatMap((key, index) =>
          isSendable(key)
            ? []
            : [{ path: [...path, url, index], message: 'A key has characters that no API key has.' }],
        ),
      ]),
    ),
  ];
}

function urlProblem(text: string, path: Problem['path'], name = path.join('.')): Problem[] {
  const problems = checkEndpoint(text, { path, name, instead: 'a key belongs into api.key' });
  if (problems.length > 0) return problems;
  const { search, hash } = new URL(text);
  if (search === '' && hash === '') return [];
  return [{ path, message: `${name} must have no query and no fragment: a key belongs into api.key.` }];
}

function checkSeries({ metrics, additional_endpoints: more }: DatadogConfig): Problem[] {
  const { api, compression, endpoint } = metrics;
  const problems: Problem[] = [];
  if (api === 'v1' && compression === 'zstd')
    problems.push({ path: ['metrics', 'compression'], message: 'v1 takes gzip, deflate or none.' });
  const urls: (readonly [Problem['path'], string])[] = Object.keys(more).map((url) => [
    ['additional_endpoints', url],
    url,
  ]);
  if (endpoint !== undefined) urls.unshift([['metrics', 'endpoint'], endpoint]);
  for (const [path, url] of urls) {
    const said = /\/api\/(v\d)\/series\/?$/.exec(url)?.[1];
    if (said === undefined || said === api) continue;
    problems.push({ path, message: `The URL is that of ${said}, and metrics.api is ${api}: make them the same.` });
  }
  return problems;
}

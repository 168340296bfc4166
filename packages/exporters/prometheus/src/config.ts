import { translationStrategies } from '@millrace/prometheus-text';
import type { TranslationStrategy } from '@millrace/prometheus-text';
import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

export const config = {
  properties: {
    endpoint: {
      type: 'string',
      exclusive: 'address',
      format: 'endpoint',
      default: 'localhost:9464',
      description: 'Where to listen, `host:port`; `0.0.0.0:9464` for all addresses, port 0 for one that is free.',
    },
    path: { type: 'string', pattern: '^/', default: '/metrics', description: 'The path of the page.' },
    namespace: { type: 'string', minLength: 1, description: 'What every metric name begins with, before a `_`.' },
    const_labels: {
      type: 'object',
      additionalProperties: { type: 'string', description: 'The value of the label.' },
      default: {},
      description: 'Labels of every series; a label that the series itself has wins.',
    },
    resource_constant_labels: {
      type: 'object',
      properties: {
        included: {
          type: 'array',
          items: { type: 'string', description: 'The name of a resource attribute, with `*` for any part.' },
          default: [],
          description: 'The attributes that become labels; all but the excluded ones where only `excluded` is given.',
        },
        excluded: {
          type: 'array',
          items: { type: 'string', description: 'The name of a resource attribute, with `*` for any part.' },
          default: [],
          description: 'The attributes that do not, whatever `included` says.',
        },
      },
      description: 'Which attributes of a resource become labels of all its series. None unless said here.',
    },
    resource_to_telemetry_conversion: {
      type: 'object',
      properties: {
        enabled: { type: 'boolean', default: false, description: 'All attributes of a resource become labels.' },
        exclude_service_attributes: {
          type: 'boolean',
          default: false,
          description: 'Without those that `job` and `instance` are made of.',
        },
      },
      description: 'The older form of `resource_constant_labels`, which wins over it.',
    },
    translation_strategy: {
      type: 'string',
      enum: translationStrategies,
      description:
        'How names become Prometheus names: with or without unit and type suffixes, `.` as `_` or left to scrapers that read UTF-8. `UnderscoreEscapingWithSuffixes` unless `add_metric_suffixes` is off.',
    },
    add_metric_suffixes: {
      type: 'boolean',
      default: true,
      description: 'The older form of `translation_strategy`, which wins over it: false leaves the suffixes out.',
    },
    without_scope_info: {
      type: 'boolean',
      default: false,
      description: 'Leaves out the labels `otel_scope_name`, `otel_scope_version` and so on.',
    },
    without_target_info: { type: 'boolean', default: false, description: 'Leaves out the family `target_info`.' },
    send_timestamps: { type: 'boolean', default: false, description: 'Samples carry the time of their point.' },
    metric_expiration: {
      type: 'string',
      format: 'duration',
      default: '5m',
      description: 'How long a series is shown after its last point. One that is known to have ended goes at once.',
    },
    enable_open_metrics: {
      type: 'boolean',
      default: true,
      description: 'Answers in OpenMetrics 1.0, with exemplars and units, to scrapers that prefer it.',
    },
    tls: {
      type: 'object',
      properties: {
        cert_file: { type: 'string', description: 'The certificate (chain) of the server, PEM.' },
        key_file: { type: 'string', description: 'Its private key, PEM.' },
        client_ca_file: {
          type: 'string',
          description: 'Clients must show a certificate that one of these authorities has signed, PEM.',
        },
      },
      required: ['cert_file', 'key_file'],
      description: 'Serves https.',
    },
    response_headers: {
      type: 'object',
      additionalProperties: { type: 'string', description: 'The value of the header.' },
      default: {},
      description: 'Headers of every answer.',
    },
    read_header_timeout: {
      type: 'string',
      format: 'duration',
      default: '1m',
      description: 'How long a client may take to send its request.',
    },
    write_timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'How long a client may take to read the page.',
    },
    idle_timeout: {
      type: 'string',
      format: 'duration',
      default: '1m',
      description: 'How long a connection stays open between two requests.',
    },
  },
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;

const timeouts = ['metric_expiration', 'read_header_timeout', 'write_timeout', 'idle_timeout'] as const;

export const check = (settings: Config): readonly Problem[] =>
  timeouts
    .filter((key) => settings[key] <= 0)
    .map((key) => ({
      path: [key],
      message: `${key} must be more than 0, for example ${config.properties[key].default}.`,
    }));

export function strategyOf({ translation_strategy, add_metric_suffixes }: Config): TranslationStrategy {
  if (translation_strategy) return translation_strategy;
  return add_metric_suffixes ? 'UnderscoreEscapingWithSuffixes' : 'UnderscoreEscapingWithoutSuffixes';
}

const service = ['service.name', 'service.namespace', 'service.instance.id'];

/** Which attributes of a resource become labels. */
export function resourceLabelOf(settings: Config): (attribute: string) => boolean {
  const { resource_constant_labels, resource_to_telemetry_conversion: older } = settings;
  const chosen =
    resource_constant_labels ??
    (older?.enabled
      ? { included: ['*'], excluded: older.exclude_service_attributes ? service : [] }
      : { included: [], excluded: [] });
  const excluded = matcher(chosen.excluded);
  const included = matcher(chosen.included.length > 0 || chosen.excluded.length === 0 ? chosen.included : ['*']);
  return (attribute) => included(attribute) && !excluded(attribute);
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const regexes = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 's');
  });
  return (name) => regexes.some((regex) => regex.test(name));
}

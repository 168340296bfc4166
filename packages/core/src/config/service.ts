import { signals } from '../batch.ts';
import type { ConfigSchema, Schema } from '../schema.ts';
import type { MetricReaderConfig, TelemetryConfig } from './model.ts';
import { resolveConfig } from './resolve.ts';

const ids = (description: string): Schema => ({
  type: 'array',
  items: { type: 'string', minLength: 1, description: '`type` or `type/name`.' },
  description,
});

const pipeline: Schema = {
  type: 'object',
  description: 'What its data comes from, passes through and goes to.',
  properties: {
    receivers: ids('Receivers, and connectors that other pipelines end in.'),
    processors: ids('Processors, in the order in which data passes through them.'),
    exporters: ids('Exporters, and connectors that begin other pipelines.'),
  },
};

const reader: Schema = {
  type: 'object',
  description: 'One way out for the metrics: `pull` or `periodic`.',
  properties: {
    pull: {
      type: 'object',
      description: 'Serves them.',
      required: ['exporter'],
      properties: {
        exporter: {
          type: 'object',
          description: 'How they are served.',
          required: ['prometheus'],
          properties: {
            prometheus: {
              type: 'object',
              description: 'For Prometheus to scrape, under /metrics.',
              properties: {
                host: { type: 'string', default: 'localhost', description: 'The address to listen on.' },
                port: {
                  type: 'integer',
                  minimum: 0,
                  maximum: 65535,
                  default: 8888,
                  description: 'The port; 0: a free one.',
                },
              },
            },
          },
        },
      },
    },
    periodic: {
      type: 'object',
      description: 'Pushes them.',
      required: ['exporter'],
      properties: {
        interval: milliseconds('60s', 'How often they are pushed; a number is milliseconds.'),
        timeout: milliseconds('30s', 'How long one push may take; a number is milliseconds.'),
        exporter: {
          type: 'object',
          description: 'Where they go.',
          required: ['otlp'],
          properties: {
            otlp: {
              type: 'object',
              description: 'A receiver of OTLP.',
              required: ['endpoint'],
              properties: {
                protocol: { type: 'string', enum: ['grpc'], default: 'grpc', description: 'How OTLP is carried.' },
                endpoint: { type: 'string', minLength: 1, description: 'A URL, or host:port.' },
                headers: {
                  description: 'Sent with every push.',
                  anyOf: [
                    {
                      type: 'object',
                      description: 'Names and values.',
                      additionalProperties: { type: 'string', format: 'secret', description: 'The value.' },
                    },
                    {
                      type: 'array',
                      description: 'The same as a list.',
                      items: {
                        type: 'object',
                        description: 'A header.',
                        required: ['name', 'value'],
                        properties: {
                          name: { type: 'string', description: 'Its name.' },
                          value: { type: 'string', format: 'secret', description: 'Its value.' },
                        },
                      },
                    },
                  ],
                },
              },
            },
          },
        },
      },
    },
  },
};

/** OpenTelemetry's declarative configuration has plain milliseconds here. */
function milliseconds(fallback: string, description: string): Schema {
  return {
    default: fallback,
    description,
    anyOf: [
      { type: 'string', format: 'duration', description },
      { type: 'integer', minimum: 1, description },
    ],
  };
}

/** The keys of `service`. */
export const serviceSchema: ConfigSchema = {
  properties: {
    extensions: ids('The extensions to start, in this order.'),
    pipelines: {
      type: 'object',
      description: `The pipelines, by \`signal\` or \`signal/name\`. Signals: ${signals.join(', ')}.`,
      additionalProperties: pipeline,
    },
    telemetry: {
      type: 'object',
      default: {},
      description: 'What the collector tells of itself.',
      properties: {
        logs: {
          type: 'object',
          default: {},
          description: 'Its logs, on stderr.',
          properties: {
            level: {
              type: 'string',
              enum: ['debug', 'info', 'warn', 'error'],
              default: 'info',
              description: 'The least that is logged.',
            },
            encoding: {
              type: 'string',
              enum: ['console', 'json'],
              default: 'console',
              description: 'For people, or for programs.',
            },
          },
        },
        metrics: {
          type: 'object',
          default: {},
          description: 'Its metrics.',
          properties: {
            level: {
              type: 'string',
              enum: ['none', 'basic', 'normal', 'detailed'],
              default: 'normal',
              description: 'How much is measured.',
            },
            readers: {
              type: 'array',
              items: reader,
              description: 'The ways out for its metrics. Unless given, Prometheus can scrape them at localhost:8888.',
            },
          },
        },
        resource: {
          type: 'object',
          default: {},
          description: 'Attributes of its own telemetry.',
          additionalProperties: { type: 'string', description: 'The value.' },
        },
      },
    },
    workers: {
      type: 'integer',
      minimum: 1,
      default: 1,
      description:
        'How many threads run the pipelines that can be copied, each with its share of the connections. The others run in the first alone.',
    },
    shutdown_timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'How long a shutdown may take to deliver what is held.',
    },
  },
};

type Headers = Readonly<Record<string, string>> | readonly { readonly name: string; readonly value: string }[];

/** `service.telemetry` and what belongs to it, of a `service` that satisfies its schema. */
export function telemetryOf(service: Readonly<Record<string, unknown>>): TelemetryConfig {
  const { telemetry, shutdown_timeout } = resolveConfig(serviceSchema, service) as unknown as {
    telemetry: Omit<TelemetryConfig, 'shutdown_timeout'>;
    shutdown_timeout: number;
  };
  const { logs, metrics, resource } = telemetry;
  const readers = metrics.readers?.map(withHeaderMap);
  return { logs, metrics: { level: metrics.level, readers }, resource, shutdown_timeout };
}

function withHeaderMap(config: MetricReaderConfig): MetricReaderConfig {
  if (!('periodic' in config)) return config;
  const { otlp } = config.periodic.exporter;
  const headers = otlp.headers as Headers | undefined;
  if (!Array.isArray(headers)) return config;
  const map = Object.fromEntries(
    (headers as Extract<Headers, readonly unknown[]>).map(({ name, value }) => [name, value]),
  );
  return { periodic: { ...config.periodic, exporter: { otlp: { ...otlp, headers: map } } } };
}

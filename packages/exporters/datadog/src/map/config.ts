import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

const metrics = {
  type: 'object',
  description: 'How metrics become those of Datadog.',
  default: {},
  properties: {
    delta_ttl: {
      type: 'integer',
      minimum: 1,
      default: 3600,
      description:
        'For how many seconds the last point of a cumulative series is remembered after it came. A series that ends is forgotten at once.',
    },
    resource_attributes_as_tags: {
      type: 'boolean',
      default: false,
      description:
        'Whether all attributes of the resource become tags. Those that Datadog has a name for always do, under that name.',
    },
    instrumentation_scope_metadata_as_tags: {
      type: 'boolean',
      default: true,
      description:
        'Whether the name, the version and the attributes of the instrumentation scope become tags: instrumentation_scope, instrumentation_scope_version.',
    },
    histograms: {
      type: 'object',
      description: 'How histograms are sent.',
      default: {},
      properties: {
        mode: {
          type: 'string',
          enum: ['distributions', 'counters', 'nobuckets'],
          default: 'distributions',
          description:
            'distributions: as a Datadog distribution. counters: each bucket is a count, .bucket with the tags lower_bound and upper_bound. nobuckets: without the buckets, which asks for send_aggregation_metrics.',
        },
        send_aggregation_metrics: {
          type: 'boolean',
          default: false,
          description: 'Whether .count and .sum are sent too, and .min and .max of delta histograms.',
        },
      },
    },
    sums: {
      type: 'object',
      description: 'How cumulative monotonic sums (counters) are sent.',
      default: {},
      properties: {
        cumulative_monotonic_mode: {
          type: 'string',
          enum: ['to_delta', 'raw_value'],
          default: 'to_delta',
          description: 'to_delta: their increase, as a count. raw_value: their value, as a gauge.',
        },
        initial_cumulative_monotonic_value: {
          type: 'string',
          enum: ['auto', 'keep', 'drop'],
          default: 'auto',
          description:
            'What becomes of the first value of such a sum, or of the count of a summary. keep: it is sent as an increase. drop: it is only remembered. auto: sent if its start time says that the series began after this exporter did, else dropped.',
        },
      },
    },
    summaries: {
      type: 'object',
      description: 'How summaries are sent, whose .count and .sum are sent always.',
      default: {},
      properties: {
        mode: {
          type: 'string',
          enum: ['gauges', 'noquantiles'],
          default: 'gauges',
          description: 'gauges: each quantile is a gauge, .quantile with the tag quantile. noquantiles: without them.',
        },
      },
    },
  },
} as const;

/** The keys of the exporter's config that say how a batch is mapped. */
export const mapKeys = {
  metrics,
  hostname: {
    type: 'string',
    minLength: 1,
    description: 'The host of what does not say on which host it arose. Default: the name of this host.',
  },
  tags: {
    type: 'array',
    items: { type: 'string', minLength: 1, description: 'A tag, as in env:prod.' },
    default: [],
    description: 'Tags that everything gets: key:value.',
  },
} as const satisfies ConfigSchema['properties'];

export type MapConfig = ConfigOf<{ readonly properties: typeof mapKeys }>;
export type MetricsConfig = MapConfig['metrics'];

export const checkMapKeys = ({ metrics: { histograms } }: MapConfig): readonly Problem[] =>
  histograms.mode === 'nobuckets' && !histograms.send_aggregation_metrics
    ? [
        {
          path: ['metrics', 'histograms', 'send_aggregation_metrics'],
          message: 'send_aggregation_metrics must be true with mode nobuckets, or nothing is left of a histogram.',
        },
      ]
    : [];

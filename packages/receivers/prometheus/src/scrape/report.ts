import type { Attributes, HrTime, MetricData, MetricDescriptor } from '@millrace/core';
import { hrTime, pointType, valueType } from '@millrace/core';
import type { Target } from '../target.ts';

/** What became of a scrape. */
export interface Outcome {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly durationMs: number;
  /** Why the scrape failed; undefined if it did not. */
  readonly error: unknown;
  /** Of the page, before and after relabelling. */
  readonly samples: number;
  readonly taken: number;
  /** Series that were not in the page before. */
  readonly added: number;
  /** Of the page, not compressed. Absent where none was read. */
  readonly bytes: number | undefined;
}

const gauge = (name: string, description: string, kind: { unit: string; type: 'int' | 'double' }): MetricDescriptor =>
  Object.freeze({
    name,
    description,
    unit: kind.unit,
    valueType: valueType[kind.type],
    metadata: Object.freeze({ 'prometheus.type': 'gauge' }),
  });

const none = { unit: '', type: 'int' } as const;
const samples = { unit: '{sample}', type: 'int' } as const;
const seconds = { unit: 's', type: 'double' } as const;

/** https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series */
const up = gauge('up', 'Whether the target could be scraped: 1, or 0.', none);
const duration = gauge('scrape_duration_seconds', 'How long the scrape took.', seconds);
const scraped = gauge('scrape_samples_scraped', 'How many samples the page has.', samples);
const left = gauge('scrape_samples_post_metric_relabeling', 'How many samples are left after relabelling.', samples);
const added = gauge('scrape_series_added', 'How many series were not in the page before.', {
  unit: '{series}',
  type: 'int',
});
const timeout = gauge('scrape_timeout_seconds', 'How long a scrape may take.', seconds);
const limit = gauge('scrape_sample_limit', 'How many samples a page may have; 0 is without limit.', samples);
const bodySize = gauge('scrape_body_size_bytes', 'How big the page was, not compressed.', {
  unit: 'By',
  type: 'int',
});

const unknown: HrTime = [0, 0];

/** Makes the metrics that tell of the scrapes of a target. */
export function scrapeReport(target: Target): (outcome: Outcome) => MetricData[] {
  const attributes: Attributes = Object.freeze(
    Object.fromEntries(
      [...target.job.externalLabels, ...target.labels].filter(([name]) => name !== 'job' && name !== 'instance'),
    ),
  );
  return (outcome) => {
    const endTime = hrTime(outcome.timeMs);
    const metric = (descriptor: MetricDescriptor, value: number): MetricData => ({
      descriptor,
      dataPointType: pointType.gauge,
      dataPoints: [{ startTime: unknown, endTime, attributes, value }],
    });
    return [
      metric(up, outcome.error === undefined ? 1 : 0),
      metric(duration, outcome.durationMs / 1000),
      metric(scraped, outcome.samples),
      metric(left, outcome.taken),
      metric(added, outcome.added),
      ...(target.job.extraMetrics
        ? [
            metric(timeout, target.timeoutMs / 1000),
            metric(limit, target.job.limits.samples),
            ...(outcome.bytes === undefined ? [] : [metric(bodySize, outcome.bytes)]),
          ]
        : []),
    ];
  };
}

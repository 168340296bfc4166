import {
  type Attributes,
  type InputOf,
  type MetricData,
  type MetricsBatch,
  metricsBatch,
  resolveConfig,
} from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { mapKeys } from '../../../packages/exporters/datadog/src/map/config.ts';
import { createMapper } from '../../../packages/exporters/datadog/src/map/mapper.ts';
import { translatorBinary } from './program.ts';
import { movedOf, ours, theirs } from './compare.ts';
import { generateBatches } from './generate.ts';
import { seeded } from '@millrace/core/testing';
import { type Input, translate, type TranslatorOptions } from './translator.ts';

const schema = { properties: mapKeys } as const;
type Config = InputOf<typeof schema>;

interface Case {
  readonly config: Config;
  readonly options: TranslatorOptions;
  readonly batches: readonly MetricsBatch[];
}

function caseOf(seed: number, now: number): Case {
  const random = seeded(seed * 7919);
  const mode = random.pick(['distributions', 'distributions', 'counters', 'nobuckets'] as const);
  const aggregations = mode === 'nobuckets' || random.chance(0.5);
  const quantiles = random.chance(0.7);
  const raw = random.chance(0.2);
  const initial = random.pick(['auto', 'auto', 'keep', 'drop'] as const);
  const scopeTags = random.chance(0.5);
  const config: Config = {
    hostname: 'fallback',
    metrics: {
      resource_attributes_as_tags: random.chance(0.25),
      instrumentation_scope_metadata_as_tags: scopeTags,
      histograms: { mode, send_aggregation_metrics: aggregations },
      sums: {
        cumulative_monotonic_mode: raw ? 'raw_value' : 'to_delta',
        initial_cumulative_monotonic_value: initial,
      },
      summaries: { mode: quantiles ? 'gauges' : 'noquantiles' },
    },
  };
  const options: TranslatorOptions = {
    histograms: mode,
    aggregations,
    quantiles,
    sums: raw ? 'raw_value' : 'cumulative_to_delta',
    initial,
    scope_tags: scopeTags,
    interval: true,
    hostname: 'fallback',
    delta_ttl: 3600,
  };
  return { config, options, batches: generateBatches(seed, now) };
}

/** As the collector does it before the translator: every attribute of the resource becomes one of each point. */
const withResource = (batch: MetricsBatch): MetricsBatch =>
  metricsBatch(
    batch.resourceMetrics.map(({ resource, scopeMetrics }) => ({
      resource,
      scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
        scope,
        metrics: metrics.map((metric) => withAttributes(metric, resource.attributes)),
      })),
    })),
  );

const withAttributes = (metric: MetricData, more: Attributes): MetricData =>
  ({
    ...metric,
    dataPoints: metric.dataPoints.map((point) => ({ ...point, attributes: { ...point.attributes, ...more } })),
  }) as MetricData;

const binary = translatorBinary();

describe.skipIf(binary === undefined)('the same as Datadog’s own translator', () => {
  it('of what many senders send', { timeout: 120_000 }, async () => {
    const now = Date.now();
    const cases = Array.from({ length: 400 }, (_, seed) => caseOf(seed + 1, now));
    const inputs = cases.flatMap(({ config, options, batches }): Input[] => [
      { options },
      ...batches.map((batch) => ({
        batch: config.metrics?.resource_attributes_as_tags ? withResource(batch) : batch,
      })),
    ]);
    const answers = await translate(binary!, inputs);
    let [at, compared, moved] = [0, 0, 0];
    for (const [index, { config, batches }] of cases.entries()) {
      const mapper = createMapper(resolveConfig(schema, config), testContext({ clock: manualClock(now) }));
      for (const [round, batch] of batches.entries()) {
        const answer = answers[at++]!;
        const where = `case ${index + 1}, batch ${round}`;
        expect(answer.error, where).toBeUndefined();
        const [got, want] = [ours(mapper.map(batch)), theirs(answer)];
        expect(got.items, where).toEqual(want.items);
        for (const [item, bins] of got.bins.entries()) {
          const moves = movedOf(bins, want.bins[item]!);
          expect(moves, where).toBeLessThanOrEqual(1);
          if (moves > 0) moved++;
        }
        compared += got.items.length;
      }
    }
    // An observation that lies on the border of two keys, as far as logarithms can tell.
    expect(moved).toBeLessThan(10);
    expect(compared).toBeGreaterThan(30_000);
  });
});

import type { Batch, Context, MetricData, MetricsBatch, ResourceMetrics } from '@millrace/core';
import { dropCounter, itemCount, partsOf, pointType } from '@millrace/core';
import { createSeriesStore } from '@millrace/delta';
import { createMerge } from './collide.ts';
import type { MapConfig } from './config.ts';
import { mapExponentialHistograms } from './exponential.ts';
import { mapHistograms } from './histogram.ts';
import { mapNumbers } from './numbers.ts';
import { createOutput, drop, type Output } from './output.ts';
import { createPlaces } from './place.ts';
import type { Mapped, Series } from './series.ts';
import type { Stream, Value } from './stream.ts';
import { mapSummaries } from './summary.ts';
import { unitName } from './unit.ts';

export interface Mapper {
  /**
   * What Datadog is sent of a batch. A counter becomes the increase since the last batch, so batches are mapped in the order
   * in which they came: call this before anything else is awaited. The same batch again, or the part of a merged one, is
   * what it was before: a batch may be tried again without a count too many or too few.
   */
  map(batch: MetricsBatch): Mapped;
  /** How many cumulative series are remembered. */
  readonly size: number;
}

/** At least so many series are looked at after each batch, to forget those that are too old. */
const sweptAtLeast = 1000;

export function createMapper(config: MapConfig, context: Context): Mapper {
  const { metrics: rules } = config;
  const { clock } = context;
  const since = clock.now();
  const placeOf = createPlaces(config);
  const countDropped = dropCounter(context);
  const store = createSeriesStore<Value>({ clock, maxAge: rules.delta_ttl * 1000 });
  const known = new WeakMap<Batch, Mapped>();
  const mergeSame = createMerge();
  let hasWarned = false;

  function mapResource({ resource, scopeMetrics }: ResourceMetrics, output: Output): void {
    const { host, tagsIn } = placeOf(resource.attributes);
    for (const { scope, metrics } of scopeMetrics) {
      const tagsOf = tagsIn(scope);
      for (const metric of metrics) {
        const { name, unit } = metric.descriptor;
        const stream = {
          name,
          unit: unitName(unit),
          host,
          tagsOf,
          known: store.at({ resource, scope, metric }),
          forget: store.remove,
          config: rules,
          since,
          output,
        };
        if (name === '') drop(output, 'no_name', metric.dataPoints.length);
        else mapMetric(metric, stream);
      }
    }
  }

  function mapPart(part: MetricsBatch): Mapped {
    let mapped = known.get(part);
    if (mapped) return mapped;
    const output = createOutput();
    for (const of of part.resourceMetrics) mapResource(of, output);
    for (const [reason, items] of output.dropped) countDropped(items, reason);
    store.sweep(Math.max(sweptAtLeast, 2 * itemCount(part)));
    mapped = { series: distinct(part, output), sketches: output.sketches };
    known.set(part, mapped);
    return mapped;
  }

  function distinct({ resourceMetrics }: MetricsBatch, { series }: Output): readonly Series[] {
    const keys = new Set(resourceMetrics.map(({ resource }) => placeOf(resource.attributes).key));
    if (keys.size === resourceMetrics.length) return series;
    const merged = mergeSame(series);
    if (merged.ambiguous !== undefined && !hasWarned) {
      hasWarned = true;
      context.log.warn(
        { metric: merged.ambiguous },
        'Several resources have the same host and tags, so that Datadog keeps one value of a gauge only. Tell them apart with metrics.resource_attributes_as_tags, or with a processor that sets attributes.',
      );
    }
    return merged.series;
  }

  return {
    map(batch) {
      const parts = partsOf(batch);
      if (parts.length === 1) return mapPart(parts[0] as MetricsBatch);
      let mapped = known.get(batch);
      if (!mapped) {
        const all = parts.map((part) => mapPart(part as MetricsBatch));
        mapped = { series: all.flatMap(({ series }) => series), sketches: all.flatMap(({ sketches }) => sketches) };
        known.set(batch, mapped);
      }
      return mapped;
    },
    get size() {
      return store.size;
    },
  };
}

function mapMetric(metric: MetricData, stream: Stream): void {
  switch (metric.dataPointType) {
    case pointType.gauge:
    case pointType.sum:
      return mapNumbers(metric, stream);
    case pointType.histogram:
      return mapHistograms(metric, stream);
    case pointType.exponentialHistogram:
      return mapExponentialHistograms(metric, stream);
    case pointType.summary:
      return mapSummaries(metric, stream);
  }
}

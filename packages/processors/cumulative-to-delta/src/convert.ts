import { narrow } from '@millrace/attribute-actions/match';
import type { Clock, DataPoint, MetricData, MetricsBatch, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import { isEnded, itemCount, metricsBatch, temporality } from '@millrace/core';
import { createChoice, type DeltaConfig } from './config.ts';
import { convertPoint, type DropReason, type Recorded, type Rule, type State } from './point.ts';
import { createSeriesStore, type Series, type Stream } from './series.ts';
import { isFinite, subtractionFor, type Value } from './value.ts';

export interface Conversion {
  /** The batch itself if there was nothing to convert. */
  readonly converted: MetricsBatch;
  /** Points that were dropped, by reason. */
  readonly dropped: ReadonlyMap<string, number>;
  /** It has been delivered. */
  commit(): void;
  /** It has not, and will come again: its points are forgotten. */
  undo(): void;
}

/** What a point did to its series. */
interface Step {
  readonly series: Series;
  readonly before: State | undefined;
  readonly after: State | undefined;
}

/** So many series are looked at for staleness with every batch, however small. */
const sweptAtLeast = 1000;

export function createConverter(settings: DeltaConfig, clock: Clock): (batch: MetricsBatch) => Conversion {
  const isChosen = createChoice(settings);
  const maxStaleness = settings.max_staleness || Number.POSITIVE_INFINITY;
  const origin = { initialValue: settings.initial_value, since: clock.now() };
  const store = createSeriesStore();

  return (batch) => {
    const now = clock.now();
    const steps: Step[] = [];
    const dropped = new Map<string, number>();

    /** Undefined for a point that is dropped. */
    function convert(point: DataPoint<Value>, stream: Stream, rule: Rule): DataPoint<Value> | undefined {
      if (point.value !== undefined && !isFinite(point.value)) return drop('not_finite');
      const series = store.of(stream, point.attributes);
      const before = now - series.seenAt > maxStaleness ? undefined : series.last;
      if (isEnded(point) || point.value === undefined) {
        step(series, undefined);
        return before ? { ...point, startTime: before.endTime } : point;
      }
      const outcome = convertPoint(point as Recorded, before, rule);
      if (outcome !== 'duplicate' && outcome !== 'out_of_order') {
        const { startTime, endTime, value } = point;
        step(series, { startTime, endTime, value });
      }
      return typeof outcome === 'string' ? drop(outcome) : outcome;
    }

    function step(series: Series, after: State | undefined): void {
      steps.push({ series, before: series.last, after });
      series.last = after;
      series.seenAt = now;
    }

    function drop(reason: DropReason | 'not_finite'): undefined {
      dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    }

    function convertMetric(metric: MetricData, within: ScopeMetrics, of: ResourceMetrics): MetricData | undefined {
      const difference = isChosen(metric) ? subtractionFor(metric) : undefined;
      if (!difference) return metric;
      const rule = { ...origin, difference };
      const stream = store.stream(of.resource, within.scope, metric);
      const dataPoints: DataPoint<Value>[] = [];
      for (const point of metric.dataPoints as readonly DataPoint<Value>[]) {
        const converted = convert(point, stream, rule);
        if (converted) dataPoints.push(converted);
      }
      if (dataPoints.length === 0) return undefined;
      return { ...metric, dataPoints, aggregationTemporality: temporality.delta } as MetricData;
    }

    const resourceMetrics = narrow(batch.resourceMetrics, (of): ResourceMetrics | undefined => {
      const scopeMetrics = narrow(of.scopeMetrics, (within): ScopeMetrics | undefined => {
        const metrics = narrow(within.metrics, (metric) => convertMetric(metric, within, of));
        if (metrics === within.metrics) return within;
        return metrics.length > 0 ? { ...within, metrics } : undefined;
      });
      if (scopeMetrics === of.scopeMetrics) return of;
      return scopeMetrics.length > 0 ? { ...of, scopeMetrics } : undefined;
    });

    return {
      converted: resourceMetrics === batch.resourceMetrics ? batch : metricsBatch(resourceMetrics, batch.metadata),
      dropped,
      commit() {
        for (const { series } of steps) if (!series.last) store.remove(series);
        if (Number.isFinite(maxStaleness))
          store.sweep(Math.max(sweptAtLeast, 2 * itemCount(batch)), clock.now() - maxStaleness);
      },
      undo() {
        // What has been overtaken by a later batch stays: that one's delta has been computed from it.
        for (const { series, before, after } of steps.reverse()) {
          if (series.last === after) series.last = before;
          if (!series.last) store.remove(series);
        }
      },
    };
  };
}

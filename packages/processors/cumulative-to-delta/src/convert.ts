import { narrowMetrics } from '@millrace/attribute-actions/match';
import type { Clock, DataPoint, MetricData, MetricsBatch, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import { isEnded, itemCount, metricsBatch, temporality } from '@millrace/core';
import { createSeriesStore, type Last, type MetricSeries, type Series } from '@millrace/delta';
import { createChoice, type DeltaConfig } from './config.ts';
import { convertPoint, type DropReason, type Recorded, type Rule } from './point.ts';
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
  readonly series: Series<Value>;
  readonly before: Last<Value> | undefined;
  readonly after: Last<Value> | undefined;
}

/** So many series are looked at for staleness with every batch, however small. */
const sweptAtLeast = 1000;

export function createConverter(settings: DeltaConfig, clock: Clock): (batch: MetricsBatch) => Conversion {
  const isChosen = createChoice(settings);
  const maxAge = settings.max_staleness || Number.POSITIVE_INFINITY;
  const origin = { initialValue: settings.initial_value, since: clock.now() };
  const store = createSeriesStore<Value>({ clock, maxAge });

  return (batch) => {
    const steps: Step[] = [];
    const dropped = new Map<string, number>();

    /** Undefined for a point that is dropped. */
    function convert(point: DataPoint<Value>, known: MetricSeries<Value>, rule: Rule): DataPoint<Value> | undefined {
      if (point.value !== undefined && !isFinite(point.value)) return drop('not_finite');
      if (isEnded(point) || point.value === undefined) {
        const ended = known.find(point.attributes);
        const startTime = ended?.last?.endTime;
        if (ended) step(ended, undefined);
        return startTime ? { ...point, startTime } : point;
      }
      const series = known.of(point.attributes);
      const outcome = convertPoint(point as Recorded, series.last, rule);
      if (outcome !== 'duplicate' && outcome !== 'out_of_order') {
        const { startTime, endTime, value } = point;
        step(series, { startTime, endTime, value, seenAt: known.now });
      }
      return typeof outcome === 'string' ? drop(outcome) : outcome;
    }

    function step(series: Series<Value>, after: Last<Value> | undefined): void {
      steps.push({ series, before: series.last, after });
      series.last = after;
    }

    function drop(reason: DropReason | 'not_finite'): undefined {
      dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    }

    function convertMetric(metric: MetricData, within: ScopeMetrics, of: ResourceMetrics): MetricData | undefined {
      const subtract = isChosen(metric) ? subtractionFor(metric) : undefined;
      if (!subtract) return metric;
      const rule = { ...origin, subtract };
      const known = store.at({ resource: of.resource, scope: within.scope, metric });
      const dataPoints: DataPoint<Value>[] = [];
      for (const point of metric.dataPoints as readonly DataPoint<Value>[]) {
        const converted = convert(point, known, rule);
        if (converted) dataPoints.push(converted);
      }
      if (dataPoints.length === 0) return undefined;
      return { ...metric, dataPoints, aggregationTemporality: temporality.delta } as MetricData;
    }

    const resourceMetrics = narrowMetrics(batch.resourceMetrics, convertMetric);
    return {
      converted: resourceMetrics === batch.resourceMetrics ? batch : metricsBatch(resourceMetrics, batch.metadata),
      dropped,
      commit() {
        for (const { series } of steps) if (!series.last) store.remove(series);
        if (Number.isFinite(maxAge)) store.sweep(Math.max(sweptAtLeast, 2 * itemCount(batch)));
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

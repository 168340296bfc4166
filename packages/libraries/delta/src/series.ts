import { rememberRecurring } from '@millrace/attribute-actions';
import type { Attributes, Clock, HrTime, MetricData, Resource, Scope } from '@millrace/core';
import { attributesKey } from '@millrace/core';

/** What is remembered of a series: its last point, without its attributes. */
export interface Last<Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly value: Value;
  /** Milliseconds since the epoch: when it came. */
  readonly seenAt: number;
}

export interface Series<Value> {
  /** Undefined before the first point, after the end, and once it is too old. */
  last: Last<Value> | undefined;
  readonly key: string;
  readonly metric: StoredMetric<Value>;
}

/** Whatever tells series of OTLP apart, besides their attributes. */
export interface Place {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly metric: MetricData;
}

/** The series of one metric of one scope and resource. Not to be kept: ask the store anew for each batch. */
export interface MetricSeries<Value> {
  /** Milliseconds since the epoch: when the store was asked. */
  readonly now: number;
  /** The series with these attributes, a new one if there is none. */
  of(attributes: Attributes): Series<Value>;
  find(attributes: Attributes): Series<Value> | undefined;
}

export interface SeriesStore<Value> {
  readonly size: number;
  at(place: Place): MetricSeries<Value>;
  /** Frees the series, and with the last one of a metric and of a resource what is kept of these. */
  remove(series: Series<Value>): void;
  /** Looks at so many series, going on where it stopped the last time, and removes those whose last point is too old. */
  sweep(budget: number): void;
}

export interface SeriesStoreOptions {
  readonly clock: Clock;
  /** Milliseconds for which the last point of a series is remembered after it came. May be infinite. */
  readonly maxAge: number;
}

interface StoredMetric<Value> {
  readonly series: Map<string, Series<Value>>;
  readonly key: string;
  readonly resource: StoredResource<Value>;
}

interface StoredResource<Value> {
  readonly metrics: Map<string, StoredMetric<Value>>;
  readonly key: string;
}

export function createSeriesStore<Value>({ clock, maxAge }: SeriesStoreOptions): SeriesStore<Value> {
  const resources = new Map<string, StoredResource<Value>>();
  const all = new Set<Series<Value>>();
  let cursor = all.values();
  const keyOf = rememberRecurring(attributesKey);
  const resourceKeyOf = rememberRecurring(attributesKey);

  const isOld = ({ last }: Series<Value>, now: number): boolean => last !== undefined && now - last.seenAt > maxAge;

  const known = ({ resource, scope, metric }: Place): StoredMetric<Value> | undefined =>
    resources.get(resourceKeyOf(resource.attributes))?.metrics.get(metricKey(scope, metric));

  function made({ resource, scope, metric }: Place): StoredMetric<Value> {
    const within = entry(resources, resourceKeyOf(resource.attributes), (key) => ({ key, metrics: new Map() }));
    return entry(within.metrics, metricKey(scope, metric), (key) => ({ key, series: new Map(), resource: within }));
  }

  function forgetOld(series: Series<Value>, now: number): Series<Value> {
    if (isOld(series, now)) series.last = undefined;
    return series;
  }

  function remove(series: Series<Value>): void {
    const { metric, key } = series;
    if (!all.delete(series)) return;
    metric.series.delete(key);
    if (metric.series.size > 0) return;
    metric.resource.metrics.delete(metric.key);
    if (metric.resource.metrics.size === 0) resources.delete(metric.resource.key);
  }

  return {
    get size() {
      return all.size;
    },

    at(place) {
      const now = clock.now();
      let metric = undefined as StoredMetric<Value> | undefined;
      return {
        now,
        of(attributes) {
          // One that has lost its last series is no longer in the store.
          if (!metric?.series.size) metric = made(place);
          const within = metric;
          const series = entry(within.series, keyOf(attributes), (key) => {
            const created: Series<Value> = { last: undefined, key, metric: within };
            all.add(created);
            return created;
          });
          return forgetOld(series, now);
        },
        find(attributes) {
          metric ??= known(place);
          const series = metric?.series.get(keyOf(attributes));
          return series && forgetOld(series, now);
        },
      };
    },

    remove,

    sweep(budget) {
      const now = clock.now();
      for (let left = Math.min(budget, all.size + 1); left > 0; left--) {
        const { done, value: series } = cursor.next();
        if (done) cursor = all.values();
        else if (isOld(series, now)) remove(series);
      }
    },
  };
}

function entry<T>(map: Map<string, T>, key: string, create: (key: string) => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create(key)));
  return value;
}

function metricKey(scope: Scope, { descriptor: { name, unit }, dataPointType }: MetricData): string {
  const ofScope = scope.attributes ? attributesKey(scope.attributes) : '';
  return JSON.stringify([scope.name, scope.version ?? '', ofScope, name, unit, dataPointType]);
}

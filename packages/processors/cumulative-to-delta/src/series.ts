import { rememberRecurring } from '@millrace/attribute-actions';
import type { Attributes, MetricData, Resource, Scope } from '@millrace/core';
import { attributesKey } from '@millrace/core';
import type { State } from './point.ts';

export interface Series {
  /** Undefined before the first point, and after the end. */
  last: State | undefined;
  /** Milliseconds since the epoch: when its last point came. */
  seenAt: number;
  readonly stream: Stream;
  readonly key: string;
}

/** The series of one metric of one scope and resource, by their attributes. */
export interface Stream {
  readonly series: Map<string, Series>;
  readonly key: string;
  readonly streams: Streams;
}

/** The streams of a resource. */
interface Streams {
  readonly byKey: Map<string, Stream>;
  readonly key: string;
}

export interface SeriesStore {
  readonly size: number;
  stream(resource: Resource, scope: Scope, metric: MetricData): Stream;
  of(stream: Stream, attributes: Attributes): Series;
  remove(series: Series): void;
  /** Looks at so many series, going on where it stopped the last time, and removes those last seen before `time`. */
  sweep(budget: number, time: number): void;
}

export function createSeriesStore(): SeriesStore {
  const resources = new Map<string, Streams>();
  const all = new Set<Series>();
  let cursor = all.values();
  const keyOf = rememberRecurring(attributesKey);
  const resourceKeyOf = rememberRecurring(({ attributes }: Resource) => attributesKey(attributes));

  const store: SeriesStore = {
    get size() {
      return all.size;
    },

    stream(resource, scope, metric) {
      const streams = entry(resources, resourceKeyOf(resource), (key): Streams => ({ byKey: new Map(), key }));
      return entry(streams.byKey, streamKey(scope, metric), (key): Stream => ({ series: new Map(), key, streams }));
    },

    of(stream, attributes) {
      return entry(stream.series, keyOf(attributes), (key) => {
        const series: Series = { last: undefined, seenAt: 0, stream, key };
        all.add(series);
        return series;
      });
    },

    remove(series) {
      const { stream, key } = series;
      if (!all.delete(series)) return;
      stream.series.delete(key);
      if (stream.series.size > 0) return;
      const { streams } = stream;
      streams.byKey.delete(stream.key);
      if (streams.byKey.size === 0) resources.delete(streams.key);
    },

    sweep(budget, time) {
      for (let left = Math.min(budget, all.size + 1); left > 0; left--) {
        const { done, value: series } = cursor.next();
        if (done) cursor = all.values();
        else if (series.seenAt < time) store.remove(series);
      }
    },
  };
  return store;
}

function entry<T>(map: Map<string, T>, key: string, create: (key: string) => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create(key)));
  return value;
}

function streamKey(scope: Scope, { descriptor: { name, unit }, dataPointType }: MetricData): string {
  const ofScope = scope.attributes ? attributesKey(scope.attributes) : '';
  return JSON.stringify([scope.name, scope.version ?? '', ofScope, name, unit, dataPointType]);
}

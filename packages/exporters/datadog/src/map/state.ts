import { rememberRecurring } from '@millrace/attribute-actions';
import type {
  Attributes,
  Clock,
  ExponentialHistogram,
  Histogram,
  HrTime,
  MetricData,
  Scope,
  Summary,
} from '@millrace/core';
import { attributesKey } from '@millrace/core';

export type Value = number | bigint | Histogram | ExponentialHistogram | Summary;

/** What is remembered of the last point of a series. */
export interface Last<V extends Value = Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly value: V;
}

/** A cumulative series. It is told from others by all that tells OTLP's apart, whatever of that becomes tags. */
export interface State {
  last: Last | undefined;
  /** Milliseconds since the epoch: when its last point came. */
  seenAt: number;
  readonly metric: StatesOfMetric;
  readonly key: string;
}

/** The series of one metric of one scope and resource, by their attributes. */
interface StatesOfMetric {
  readonly series: Map<string, State>;
  readonly key: string;
  readonly resource: StatesOfResource;
}

interface StatesOfResource {
  readonly metrics: Map<string, StatesOfMetric>;
  readonly key: string;
}

export interface Place {
  readonly resource: Attributes;
  readonly scope: Scope;
  readonly metric: MetricData;
}

/** The states of one metric, looked up or made when first asked for. */
export interface MetricStates {
  of(attributes: Attributes): State;
  /** Forgets the series: it has ended. */
  end(attributes: Attributes): void;
}

export interface States {
  readonly size: number;
  at(place: Place): MetricStates;
  /** Looks at so many series, going on where it stopped the last time, and forgets those that are too old. */
  sweep(budget: number): void;
}

export interface StatesOptions {
  readonly clock: Clock;
  /** Milliseconds for which the last point of a series is remembered after it came. */
  readonly ttl: number;
}

export function createStates({ clock, ttl }: StatesOptions): States {
  const resources = new Map<string, StatesOfResource>();
  const all = new Set<State>();
  let cursor = all.values();
  const keyOf = rememberRecurring(attributesKey);

  const isOld = ({ seenAt }: State): boolean => clock.now() - seenAt > ttl;

  function statesOf({ resource, scope, metric }: Place): StatesOfMetric {
    const ofResource = entry(resources, keyOf(resource), (key): StatesOfResource => ({ metrics: new Map(), key }));
    return entry(
      ofResource.metrics,
      metricKey(scope, metric),
      (key): StatesOfMetric => ({ series: new Map(), key, resource: ofResource }),
    );
  }

  function remove(state: State): void {
    const { metric, key } = state;
    if (!all.delete(state)) return;
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
      let states: StatesOfMetric | undefined;
      return {
        of(attributes) {
          states ??= statesOf(place);
          const { series } = states;
          const state = entry(series, keyOf(attributes), (key): State => {
            const made: State = { last: undefined, seenAt: 0, metric: states!, key };
            all.add(made);
            return made;
          });
          if (isOld(state)) state.last = undefined;
          state.seenAt = clock.now();
          return state;
        },
        end(attributes) {
          const known = resources.get(keyOf(place.resource))?.metrics.get(metricKey(place.scope, place.metric));
          const state = known?.series.get(keyOf(attributes));
          if (state) remove(state);
          // What comes next makes its own place: this one may have gone with its last series.
          states = undefined;
        },
      };
    },

    sweep(budget) {
      for (let left = Math.min(budget, all.size + 1); left > 0; left--) {
        const { done, value: state } = cursor.next();
        if (done) cursor = all.values();
        else if (isOld(state)) remove(state);
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

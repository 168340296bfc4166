import type {
  Attributes,
  DataPoint,
  HrTime,
  MetricData,
  Resource,
  ResourceMetrics,
  Scope,
  ScopeMetrics,
} from '@millrace/core';
import type { Metric, Series } from './catalog.ts';
import type { Group, Member } from './entities.ts';
import { add, isLater, type Value } from './exact.ts';
import { endPoint } from './series-end.ts';

/** The entities of a group that are not kept, as one entity. */
export interface Remainder {
  readonly resource: Resource;
  readonly sums: Map<Series, Sum>;
  /** The sum that was last at each place of a member's readings. */
  readonly places: (Sum | undefined)[];
  /** What was sent of it last. */
  sent: ResourceMetrics | undefined;
  /** The metrics of our own in `sent`. */
  extras: readonly MetricData[];
}

interface Sum {
  readonly series: Series;
  startTime: HrTime;
  value: Value;
  /** The last round in which a member had this series. */
  round: number;
}

export const createRemainder = (attributes: Attributes): Remainder => ({
  resource: Object.freeze({ attributes: Object.freeze(attributes) }),
  sums: new Map(),
  places: [],
  sent: undefined,
  extras: [],
});

/** Adds all of a member: levels anew in every round, counters on and on. */
export function addMember(remainder: Remainder, { readings, group }: Member): void {
  const { places } = remainder;
  const { round } = group;
  const { series: all, amounts, deltasFrom } = readings;
  for (let place = 0; place < all.length; place++) {
    const series = all[place]!;
    const { kind, additive, descriptor } = series.metric;
    if (!additive) continue;
    const amount = amounts[place];
    let sum = places[place];
    if (sum?.series !== series) places[place] = sum = sumOf(remainder, series, group);
    if (sum.round !== round) {
      sum.round = round;
      if (kind !== 'counter') sum.value = 0;
      if (kind === 'delta') sum.startTime = deltasFrom!;
    }
    if (kind === 'delta' && isLater(sum.startTime, deltasFrom!)) sum.startTime = deltasFrom!;
    if (amount !== undefined) sum.value = add(sum.value, amount, descriptor.valueType);
  }
}

/** Adds what a member has counted until now, which has a series of its own from now on. */
export function addLastCounts({ sums }: Remainder, { readings: { series: all, amounts } }: Member): void {
  for (const [place, series] of all.entries()) {
    const sum = sums.get(series);
    const amount = amounts[place];
    if (sum && amount !== undefined && series.metric.kind === 'counter')
      sum.value = add(sum.value, amount, series.metric.descriptor.valueType);
  }
}

function sumOf({ sums }: Remainder, series: Series, { since, time }: Group): Sum {
  let sum = sums.get(series);
  if (!sum) {
    // What its members counted since the round before is part of it.
    sum = { series, startTime: since ?? time!, value: 0, round: 0 };
    sums.set(series, sum);
  }
  return sum;
}

/** The remainder's metrics as of this round; a series that no member has any more ends. */
export function sumsOf({ sums, places }: Remainder, { round, time }: Group): ScopeMetrics[] {
  const points = new Map<Metric, DataPoint<Value>[]>();
  for (const { series, startTime, value, round: lastRound } of sums.values()) {
    const point = { startTime, endTime: time!, attributes: series.attributes, value };
    const live = lastRound === round;
    if (!live) {
      sums.delete(series);
      places.length = 0;
    }
    const list = points.get(series.metric) ?? [];
    list.push(live ? point : endPoint(point, time!));
    points.set(series.metric, list);
  }
  const scopes = new Map<Scope, MetricData[]>();
  for (const [{ scope, template }, dataPoints] of points) {
    const list = scopes.get(scope) ?? [];
    list.push({ ...template, dataPoints } as MetricData);
    scopes.set(scope, list);
  }
  return Array.from(scopes, ([scope, metrics]) => ({ scope, metrics }));
}

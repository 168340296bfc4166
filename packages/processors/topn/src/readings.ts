import type { HrTime, NumberPoint } from '@millrace/core';
import { isEnded } from '@millrace/core';
import type { Catalog, Series } from './catalog.ts';
import type { Member } from './entities.ts';
import { isFiniteValue, isLater, subtract, type Value } from './exact.ts';

/** What the last round said of an entity, series by series in the order of its points. */
export interface Readings {
  readonly series: Series[];
  /** What there is of a level, what was counted since the round before; undefined if nobody knows. */
  readonly amounts: (Value | undefined)[];
  /** How far a counter is. */
  readonly counts: (Value | undefined)[];
  /** By measured metric: its amounts added up; undefined if none is known. */
  readonly measures: (number | undefined)[];
  /** What it ranks by while its first measure is not known: how far the counter is. */
  fallback: number;
  /** The earliest start of its deltas. */
  deltasFrom: HrTime | undefined;
  /** Points with a value, and those among them that cannot be summed up. */
  values: number;
  notAdditive: number;
  notFinite: number;
}

export const createReadings = (measured: number): Readings => ({
  series: [],
  amounts: [],
  counts: [],
  measures: Array.from<undefined>({ length: measured }),
  fallback: Number.NEGATIVE_INFINITY,
  deltasFrom: undefined,
  values: 0,
  notAdditive: 0,
  notFinite: 0,
});

/** Reads what a round has brought of an entity. False if it has ended: it has points, and none with a value. */
export function read(member: Member, catalog: Catalog): boolean {
  const { readings, countedAt, time } = member;
  const { series: known, amounts, counts, measures } = readings;
  const isStale = countedAt !== undefined && isLater(countedAt, time);
  measures.fill(undefined);
  readings.fallback = Number.NEGATIVE_INFINITY;
  readings.deltasFrom = undefined;
  readings.notAdditive = 0;
  readings.notFinite = 0;
  let values = 0;
  let ends = 0;
  let at = 0;
  for (const { scope, metrics } of member.input!.scopeMetrics) {
    for (let index = 0; index < metrics.length; index++) {
      const data = metrics[index]!;
      const metric = catalog.metric(scope, data, index);
      const { kind, measured, additive } = metric;
      const points = data.dataPoints as readonly NumberPoint[];
      for (let place = 0; place < points.length; place++) {
        const point = points[place]!;
        if (isEnded(point)) {
          ends++;
          continue;
        }
        values++;
        if (!additive) readings.notAdditive++;
        if (kind === 'distribution') continue;
        const { value } = point;
        if (!isFiniteValue(value)) {
          if (additive) readings.notFinite++;
          continue;
        }
        const series = catalog.series(metric, point.attributes, place);
        if (known[at] !== series) bringTo(at, series, readings);
        let amount: Value | undefined = value;
        if (kind === 'counter') {
          amount = isStale ? 0 : increaseOf(counts[at], point, member);
          if (!isStale) counts[at] = value;
          if (measured === 0) readings.fallback = Math.max(readings.fallback, 0) + Number(value);
        }
        if (kind === 'delta' && (!readings.deltasFrom || isLater(readings.deltasFrom, point.startTime)))
          readings.deltasFrom = point.startTime;
        amounts[at++] = amount;
        if (measured >= 0 && amount !== undefined) measures[measured] = (measures[measured] ?? 0) + Number(amount);
      }
    }
  }
  if (known.length > at) {
    known.length = at;
    counts.length = at;
    amounts.length = at;
  }
  readings.values = values;
  if (!isStale) member.countedAt = time;
  return values > 0 || ends === 0;
}

/** Moves a series to its new place among the others, or puts in one that was not there. */
function bringTo(place: number, series: Series, { series: known, counts }: Readings): void {
  const found = known.indexOf(series, place);
  const count = found < 0 ? undefined : counts[found];
  if (found >= 0) {
    known.splice(found, 1);
    counts.splice(found, 1);
  }
  known.splice(place, 0, series);
  counts.splice(place, 0, count);
}

/**
 * How much a counter has grown since the round before; undefined if nobody knows. One that began since then has grown by
 * its whole value, one that began anew likewise.
 */
function increaseOf(last: Value | undefined, { startTime, value }: NumberPoint, member: Member): Value | undefined {
  if (last === undefined) {
    const { since } = member.group;
    return since !== undefined && !isLater(since, startTime) ? value : undefined;
  }
  return value! < last || isLater(startTime, member.countedAt!) ? value : subtract(value!, last);
}

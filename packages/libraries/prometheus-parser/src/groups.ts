import type { Histogram, HrTime, Summary } from '@millrace/core';
import { exemplarOf } from './exemplar.ts';
import type { Group, OpenPoint } from './metric.ts';
import type { Extra } from './series.ts';
import { timeOfSeconds } from './times.ts';
import type { Track } from './track.ts';

/** Puts a line of a histogram or summary to the others of its point. */
export function takePart(
  group: Group,
  track: Track,
  sample: { readonly value: number; readonly extra: Extra | undefined },
): void {
  const { value, extra } = sample;
  group.samples++;
  if (track.role === 'bucket' || track.role === 'quantile') {
    group.bounds.push(track.bound);
    group.values.push(value);
  } else if (track.role === 'sum') group.sum = value;
  else if (track.role === 'count') group.count = value;
  else group.created = timeOfSeconds(value);
  if (extra?.exemplar) (group.exemplars ??= []).push(exemplarOf(extra.exemplar, group.time));
}

/** Begins a point. */
export function openGroup(
  group: Group,
  page: number,
  time: { readonly time: HrTime; readonly timeMs: number | undefined },
): void {
  group.page = page;
  group.time = time.time;
  group.timeMs = time.timeMs;
  group.samples = 0;
  group.sum = undefined;
  group.count = undefined;
  group.bounds.length = 0;
  group.values.length = 0;
  group.exemplars = undefined;
}

/** The point that the lines make; undefined if they make none. */
export function closeGroup(group: Group): OpenPoint | undefined {
  const { count, time, attributes, exemplars } = group;
  const value = count === undefined || !isCount(count) ? undefined : valueOf(group, count);
  if (value === undefined) return undefined;
  // A count that went down says that the process has begun anew.
  if (group.startTime === undefined || count! < group.lastCount) group.startTime = time;
  group.lastCount = count!;
  group.live = true;
  const point: OpenPoint = { startTime: group.created ?? group.startTime, endTime: time, attributes, value };
  if (exemplars) point.exemplars = exemplars;
  return point;
}

function valueOf(group: Group, count: number): Histogram | Summary | undefined {
  sortBounds(group);
  return group.metric.kind === 'histogram' ? histogramOf(group, count) : summaryOf(group, count);
}

const isCount = (value: number): boolean => value >= 0 && Number.isInteger(value);
const integer = (value: number): number | bigint => (Number.isSafeInteger(value) ? value : BigInt(value));

/** Lines come in order as a rule. */
function sortBounds({ bounds, values }: Group): void {
  let sorted = true;
  for (let at = 1; at < bounds.length; at++) if (bounds[at - 1]! > bounds[at]!) sorted = false;
  if (sorted) return;
  const order = bounds.map((_, at) => at).sort((a, b) => bounds[a]! - bounds[b]!);
  const [oldBounds, oldValues] = [[...bounds], [...values]];
  for (const [to, from] of order.entries()) {
    bounds[to] = oldBounds[from]!;
    values[to] = oldValues[from]!;
  }
}

/** The counts of the page go up from bucket to bucket, and `_count` is what the last one, +Inf, must be. */
function histogramOf(group: Group, count: number): Histogram | undefined {
  const { bounds, values, sum } = group;
  const hasBuckets = bounds.length > 0;
  const finite = bounds.at(-1) === Infinity ? bounds.length - 1 : bounds.length;
  const counts: (number | bigint)[] = [];
  let below = 0;
  for (let at = 0; at < finite; at++) {
    const upTo = values[at]!;
    if (!isCount(upTo) || upTo < below || (at > 0 && bounds[at] === bounds[at - 1])) return undefined;
    counts.push(integer(upTo - below));
    below = upTo;
  }
  if (count < below) return undefined;
  if (hasBuckets) counts.push(integer(count - below));
  if (!sameBounds(group.boundaries, bounds, finite)) group.boundaries = Object.freeze(bounds.slice(0, finite));
  const histogram: Histogram = { count: integer(count), buckets: { boundaries: group.boundaries, counts } };
  return sum === undefined ? histogram : { ...histogram, sum };
}

function sameBounds(known: readonly number[], bounds: readonly number[], length: number): boolean {
  if (known.length !== length) return false;
  for (let at = 0; at < length; at++) if (known[at] !== bounds[at]) return false;
  return true;
}

function summaryOf({ bounds, values, sum = 0 }: Group, count: number): Summary | undefined {
  const quantiles: { readonly quantile: number; readonly value: number }[] = [];
  for (let at = 0; at < bounds.length; at++) {
    if (at > 0 && bounds[at] === bounds[at - 1]) return undefined;
    quantiles.push({ quantile: bounds[at]!, value: values[at]! });
  }
  return { count: integer(count), sum, quantiles };
}

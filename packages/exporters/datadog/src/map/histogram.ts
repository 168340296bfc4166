import type { DataPoint, Histogram, HistogramMetric } from '@millrace/core';
import { temporality } from '@millrace/core';
import { mismatch, reset, subtractHistogram } from '@millrace/delta';
import { createInterpolated, interpolate } from './interpolate.ts';
import { follow } from './order.ts';
import { drop } from './output.ts';
import { maxCount, sketchOf } from './sketch.ts';
import { emit, emitSketch, isRecorded, type Stream } from './stream.ts';
import { boundText } from './tags.ts';
import { extremeOf, finiteSum, sendAggregations, type Window } from './window.ts';

type Point = DataPoint<Histogram> & { readonly value: Histogram };

/** What a histogram counted since its last point. */
interface HistogramWindow extends Window {
  readonly boundaries: readonly number[];
  /** None where the histogram has no buckets. */
  readonly counts: readonly number[];
}

export function mapHistograms(metric: HistogramMetric, stream: Stream): void {
  const isDelta = metric.aggregationTemporality === temporality.delta;
  const isKnown = isDelta || metric.aggregationTemporality === temporality.cumulative;
  const { mode } = stream.config.histograms;
  for (const point of metric.dataPoints) {
    if (!isRecorded(point, stream)) continue;
    if (!isKnown) drop(stream.output, 'unspecified_temporality');
    else if (!isValid(point.value)) drop(stream.output, 'invalid_histogram');
    else {
      const window = isDelta ? deltaWindow(point.value, stream) : cumulativeWindow(point, stream);
      if (!window) continue;
      sendAggregations(point, window, stream);
      if (mode === 'counters') sendBuckets(point, window, stream);
      else if (mode === 'distributions') sendSketch(point, window, stream);
    }
  }
}

function isValid({ buckets: { boundaries, counts } }: Histogram): boolean {
  if (counts.length === 0) return true;
  return counts.length === boundaries.length + 1 && boundaries.every((_bound, index) => isOrdered(boundaries, index));
}

const isOrdered = (boundaries: readonly number[], index: number): boolean =>
  index === 0 ? !Number.isNaN(boundaries[0]) : boundaries[index]! >= boundaries[index - 1]!;

const deltaWindow = (value: Histogram, stream: Stream): HistogramWindow => ({
  isDelta: true,
  ...countsOf(value, stream),
  min: extremeOf(value.min, true),
  max: extremeOf(value.max, true),
});

const countsOf = ({ count, sum, buckets: { boundaries, counts } }: Histogram, { output }: Stream) => ({
  count: Number(count),
  sum: finiteSum(sum, output),
  boundaries,
  counts: counts.map(Number),
});

/** Undefined for the first point of a sequence, which is counted. */
function cumulativeWindow(point: Point, stream: Stream): HistogramWindow | undefined {
  const step = follow(point, stream);
  if (!step) return undefined;
  if (step.kind === 'first') return drop(stream.output, 'initial_value');
  const { value } = point;
  const last = step.last.value;
  const increase = subtractHistogram(value, last);
  if (increase === mismatch) return drop(stream.output, 'bucket_mismatch');
  if (increase === reset) return drop(stream.output, 'reset');
  return {
    isDelta: false,
    ...countsOf(increase, stream),
    min: extremeOf(value.min, isNew(value.min, last.min, last)),
    max: extremeOf(value.max, isNew(value.max, last.max, last)),
  };
}

/** Whether an extreme is of the observations since the last point: it moved, or there were none before. */
const isNew = (now: number | undefined, before: number | undefined, { count }: Histogram): boolean =>
  Number(count) === 0 || (before !== undefined && now !== before);

function sendBuckets(point: Point, { boundaries, counts }: HistogramWindow, stream: Stream): void {
  const tags = stream.tagsOf(point.attributes);
  for (const [index, value] of counts.entries()) {
    const [lower, upper] = boundsOf(boundaries, index);
    const ofBucket = [`lower_bound:${boundText(lower)}`, `upper_bound:${boundText(upper)}`, ...tags];
    emit(stream, point, { type: 'count', suffix: 'bucket', hasUnit: false, value, tags: ofBucket });
  }
}

const boundsOf = (boundaries: readonly number[], index: number): readonly [number, number] => [
  boundaries[index - 1] ?? Number.NEGATIVE_INFINITY,
  boundaries[index] ?? Number.POSITIVE_INFINITY,
];

function sendSketch(point: Point, window: HistogramWindow, stream: Stream): void {
  const { boundaries, counts } = window.boundaries.length > 0 ? window : withBuckets(window);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return;
  if (total > maxCount) return drop(stream.output, 'too_many_observations');
  const into = createInterpolated();
  let [lowest, highest] = [Number.NaN, Number.NaN];
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue;
    const bounds = boundsOf(boundaries, index);
    if (Number.isNaN(lowest)) [lowest] = bounds;
    [, highest] = bounds;
    interpolate(into, closed(bounds, window), count);
  }
  const { min, max } = window;
  const least = Number.isFinite(lowest) ? lowest : into.min;
  const most = Number.isFinite(highest) ? highest : into.max;
  const count = window.count || total;
  const exact = window.sum === undefined ? into : { sum: window.sum, average: window.sum / count };
  const sketch = sketchOf(into, {
    count,
    sum: exact.sum,
    average: exact.average,
    min: min === undefined ? least : min.isOfWindow ? min.value : Math.max(min.value, least),
    max: max === undefined ? most : max.isOfWindow ? max.value : Math.min(max.value, most),
  });
  emitSketch(stream, point, sketch);
}

/** A histogram without buckets has one, between its minimum and its maximum where they are known. */
function withBuckets({ count, min, max }: HistogramWindow): Pick<HistogramWindow, 'boundaries' | 'counts'> {
  const before = min?.isOfWindow ? [min.value] : [];
  const after = max?.isOfWindow ? [max.value] : [];
  return { boundaries: [...before, ...after], counts: [...before.map(() => 0), count, ...after.map(() => 0)] };
}

/**
 * An open end is as far as the other, and what is open on both sides is at the average. The lower bound is not in the bucket,
 * so that nothing of (0, b] is zero.
 */
function closed([lower, upper]: readonly [number, number], { sum = 0, count }: Window): readonly [number, number] {
  const low = Number.isFinite(lower) ? lower : upper;
  const high = Number.isFinite(upper) ? upper : lower;
  if (!Number.isFinite(low)) return [sum / count, sum / count];
  return low === 0 && high > 0 ? [high, high] : [low, high];
}

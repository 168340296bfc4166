import type { DataPoint, ExponentialHistogram, ExponentialHistogramMetric } from '@millrace/core';
import { temporality } from '@millrace/core';
import { reset, subtractExponential } from '@millrace/delta';
import { follow } from './order.ts';
import { drop } from './output.ts';
import { remap } from './remap.ts';
import { maxCount, sketchOf } from './sketch.ts';
import { emitSketch, isRecorded, type Stream } from './stream.ts';
import { extremeOf, finiteSum, sendAggregations, type Window } from './window.ts';

type Point = DataPoint<ExponentialHistogram> & { readonly value: ExponentialHistogram };

export function mapExponentialHistograms(metric: ExponentialHistogramMetric, stream: Stream): void {
  const isDelta = metric.aggregationTemporality === temporality.delta;
  const isKnown = isDelta || metric.aggregationTemporality === temporality.cumulative;
  for (const point of metric.dataPoints) {
    if (!isRecorded(point, stream)) continue;
    if (!isKnown) drop(stream.output, 'unspecified_temporality');
    else {
      const value = isDelta ? point.value : increaseOf(point, stream);
      if (value) send({ ...point, value }, windowOf(value, isDelta, stream), stream);
    }
  }
}

/** Without minimum and maximum; undefined where there is none to tell, which is counted. */
function increaseOf(point: Point, stream: Stream): ExponentialHistogram | undefined {
  const step = follow(point, stream);
  if (!step) return undefined;
  if (step.kind === 'first') return drop(stream.output, 'initial_value');
  const increase = subtractExponential(point.value, step.last.value);
  return increase === reset ? drop(stream.output, 'reset') : increase;
}

const windowOf = ({ count, sum, min, max }: ExponentialHistogram, isDelta: boolean, { output }: Stream): Window => ({
  isDelta,
  count: Number(count),
  sum: finiteSum(sum, output),
  min: extremeOf(min, true),
  max: extremeOf(max, true),
});

/** An exponential histogram is a distribution in every mode, as with Datadog's own translator. */
function send(point: Point, window: Window, stream: Stream): void {
  const total = observations(point.value);
  if (total > maxCount) return drop(stream.output, 'too_many_observations');
  sendAggregations(point, window, stream);
  const remapped = remap(point.value);
  if (remapped === 'empty') return;
  if (remapped === 'out_of_range') return drop(stream.output, 'out_of_range');
  const { sum, min, max } = window;
  const count = window.count || total;
  // The only observation is the sum.
  const only = count === 1 ? sum : undefined;
  const sketch = sketchOf(remapped, {
    count,
    sum: sum ?? remapped.sum,
    average: (sum ?? remapped.sum) / count,
    min: min?.value ?? only ?? remapped.min,
    max: max?.value ?? only ?? remapped.max,
  });
  emitSketch(stream, point, sketch);
}

function observations({ zeroCount, positive, negative }: ExponentialHistogram): number {
  let total = Number(zeroCount);
  for (const { bucketCounts } of [positive, negative]) for (const count of bucketCounts) total += Number(count);
  return total;
}

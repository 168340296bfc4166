import type { DataPoint, Summary, SummaryMetric } from '@millrace/core';
import { subtractExact } from '@millrace/core';
import { follow } from './order.ts';
import { drop } from './output.ts';
import { emit, isInitialKept, isRecorded, type Stream } from './stream.ts';
import { boundText } from './tags.ts';

type Point = DataPoint<Summary> & { readonly value: Summary };

export function mapSummaries(metric: SummaryMetric, stream: Stream): void {
  for (const point of metric.dataPoints) {
    if (!isRecorded(point, stream)) continue;
    sendCountAndSum(point, stream);
    if (stream.config.summaries.mode === 'gauges') sendQuantiles(point, stream);
  }
}

/** The increase of the count and of the sum. Of a first point the count only, as Datadog's own translator does. */
function sendCountAndSum(point: Point, stream: Stream): void {
  const step = follow(point, stream);
  if (!step) return;
  const { count, sum } = point.value;
  const increase = step.kind === 'next' ? Number(subtractExact(count, step.last.value.count)) : -1;
  if (step.kind === 'first' || increase < 0) {
    if (isInitialKept(point, stream))
      emit(stream, point, { type: 'count', suffix: 'count', hasUnit: false, value: Number(count) });
    else drop(stream.output, step.kind === 'next' ? 'reset' : 'initial_value');
    return;
  }
  emit(stream, point, { type: 'count', suffix: 'count', hasUnit: false, value: increase });
  const added = sum - step.last.value.sum;
  if (Number.isFinite(added)) emit(stream, point, { type: 'count', suffix: 'sum', value: added });
}

function sendQuantiles(point: Point, stream: Stream): void {
  const tags = stream.tagsOf(point.attributes);
  for (const { quantile, value } of point.value.quantiles) {
    // Of a summary without observations they are NaN: that is nothing to count.
    if (!Number.isFinite(value)) continue;
    const ofQuantile = [`quantile:${boundText(quantile)}`, ...tags];
    emit(stream, point, { type: 'gauge', suffix: 'quantile', value, tags: ofQuantile });
  }
}

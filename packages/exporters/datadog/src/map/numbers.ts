import type { GaugeMetric, NumberPoint, SumMetric } from '@millrace/core';
import { pointType, subtractExact, temporality } from '@millrace/core';
import { follow, isUnset } from './order.ts';
import { drop } from './output.ts';
import { type Emission, emit, isInitialKept, isRecorded, type Stream } from './stream.ts';

type Recorded = NumberPoint & { readonly value: number | bigint };

export function mapNumbers(metric: GaugeMetric | SumMetric, stream: Stream): void {
  const map = mappingOf(metric, stream);
  for (const point of metric.dataPoints) {
    if (!isRecorded(point, stream)) continue;
    if (typeof point.value === 'number' && !Number.isFinite(point.value)) drop(stream.output, 'not_finite');
    else map(point, stream);
  }
}

function mappingOf(metric: GaugeMetric | SumMetric, { config }: Stream): (point: Recorded, stream: Stream) => void {
  if (metric.dataPointType === pointType.gauge) return mapGauge;
  if (metric.aggregationTemporality === temporality.delta) return mapDelta;
  if (metric.aggregationTemporality !== temporality.cumulative)
    return (_point, { output }) => drop(output, 'unspecified_temporality');
  return metric.isMonotonic && config.sums.cumulative_monotonic_mode === 'to_delta' ? mapCumulative : mapGauge;
}

const mapGauge = (point: Recorded, stream: Stream): void =>
  emit(stream, point, { type: 'gauge', value: Number(point.value) });

function mapDelta(point: Recorded, stream: Stream): void {
  emit(stream, point, deltaOf(point));
}

/** The attribute by which Datadog's users ask for a rate. */
const asType = 'datadog.metric.as_type';

function deltaOf(point: Recorded): Emission {
  const value = Number(point.value);
  const interval = intervalOf(point);
  const wanted = point.attributes[asType];
  if (typeof wanted !== 'string' || wanted.toLowerCase() !== 'rate') return { type: 'count', value, interval };
  return { type: 'rate', value: interval === undefined ? value : value / interval, interval };
}

/** Seconds that the interval may be from whole. */
const tolerance = 0.05;

/** The whole seconds that a delta covers; undefined where they are not whole, or not known. */
function intervalOf({ startTime, endTime }: NumberPoint): number | undefined {
  if (isUnset(startTime)) return undefined;
  const seconds = endTime[0] - startTime[0] + (endTime[1] - startTime[1]) / 1e9;
  const whole = Math.round(seconds);
  return whole > 0 && Math.abs(whole - seconds) < tolerance ? whole : undefined;
}

function mapCumulative(point: Recorded, stream: Stream): void {
  const step = follow(point, stream);
  if (!step) return;
  if (step.kind === 'next') {
    const value = Number(subtractExact(point.value, step.last.value));
    if (value >= 0) return emit(stream, point, { type: 'count', value });
  }
  if (isInitialKept(point, stream)) emit(stream, point, { type: 'count', value: Number(point.value) });
  else drop(stream.output, step.kind === 'next' ? 'reset' : 'initial_value');
}

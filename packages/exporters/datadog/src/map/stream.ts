import type { Attributes, DataPoint, ExponentialHistogram, Histogram, HrTime, Summary } from '@millrace/core';
import { compareTimes, isEnded } from '@millrace/core';
import type { MetricSeries, Series } from '@millrace/delta';
import type { MetricsConfig } from './config.ts';
import { drop, type Output } from './output.ts';
import { isUnset } from './order.ts';
import type { Sketch } from './series.ts';

/** What is remembered of the last point of a cumulative series. */
export type Value = number | bigint | Histogram | ExponentialHistogram | Summary;

/** The metric whose points are mapped, and what they have in common. */
export interface Stream {
  readonly name: string;
  readonly unit: string | undefined;
  readonly host: string | undefined;
  tagsOf(attributes: Attributes): readonly string[];
  /** Its cumulative series. */
  readonly known: MetricSeries<Value>;
  /** Forgets one that has ended. */
  forget(series: Series<Value>): void;
  readonly config: MetricsConfig;
  /** Milliseconds since the epoch: when the mapper began. */
  readonly since: number;
  readonly output: Output;
}

/** What of a series' point differs from its stream's. */
export interface Emission {
  readonly type: 'count' | 'rate' | 'gauge';
  readonly value: number;
  /** Appended to the name. */
  readonly suffix?: string;
  /** Without one: of what counts observations, whatever their unit. */
  readonly hasUnit?: false;
  readonly interval?: number | undefined;
  readonly tags?: readonly string[];
}

type Timed = Pick<DataPoint<unknown>, 'attributes' | 'endTime'>;

export function emit({ name, unit, host, tagsOf, output }: Stream, point: Timed, emission: Emission): void {
  const { type, value, suffix, interval, tags } = emission;
  output.series.push({
    metric: suffix === undefined ? name : `${name}.${suffix}`,
    type,
    unit: emission.hasUnit === false ? undefined : unit,
    interval,
    points: [{ timestamp: point.endTime[0], value }],
    tags: tags ?? tagsOf(point.attributes),
    host,
  });
}

export function emitSketch({ name, unit, host, tagsOf, output }: Stream, point: Timed, sketch: Sketch): void {
  const points = [{ timestamp: point.endTime[0], sketch }];
  output.sketches.push({ metric: name, unit, points, tags: tagsOf(point.attributes), host });
}

/** Whether the point says something. One that ends its series frees what is remembered of it. */
export function isRecorded<V>(
  point: DataPoint<V>,
  { known, forget, output }: Stream,
): point is DataPoint<V> & { readonly value: V } {
  if (isEnded(point) || point.value === undefined) {
    const ended = known.find(point.attributes);
    if (ended) forget(ended);
    return false;
  }
  if (isUnset(point.endTime)) {
    drop(output, 'no_timestamp');
    return false;
  }
  return true;
}

/** Whether the first value of a cumulative series is sent as its increase. */
export function isInitialKept(
  point: { readonly startTime: HrTime; readonly endTime: HrTime },
  stream: Stream,
): boolean {
  const mode = stream.config.sums.initial_cumulative_monotonic_value;
  if (mode !== 'auto') return mode === 'keep';
  const { startTime, endTime } = point;
  return startTime[0] * 1000 + startTime[1] / 1e6 > stream.since && compareTimes(startTime, endTime) !== 0;
}

import type { DataPoint } from '@millrace/core';
import { drop, type Output } from './output.ts';
import { emit, type Stream } from './stream.ts';

/** What a histogram of either kind says of the time since its last point. */
export interface Window {
  /** Whether the histogram is a delta itself: then its extremes are those of the window for sure. */
  readonly isDelta: boolean;
  readonly count: number;
  /** Undefined where it is not known or not a number. */
  readonly sum: number | undefined;
  readonly min: Extreme | undefined;
  readonly max: Extreme | undefined;
}

export interface Extreme {
  readonly value: number;
  /** Reached in the window, not before it. */
  readonly isOfWindow: boolean;
}

/** Undefined where it is not there, or no number to speak of. */
export const extremeOf = (value: number | undefined, isOfWindow: boolean): Extreme | undefined =>
  value !== undefined && Number.isFinite(value) ? { value, isOfWindow } : undefined;

/** The sum where it is a number; where it is there and none, that is counted. */
export function finiteSum(sum: number | undefined, output: Output): number | undefined {
  if (sum === undefined || Number.isFinite(sum)) return sum;
  drop(output, 'not_finite');
  return undefined;
}

/** Sends .count and .sum, and .min and .max of deltas: of cumulative ones they would come ever less often. */
export function sendAggregations(point: DataPoint<unknown>, window: Window, stream: Stream): void {
  if (!stream.config.histograms.send_aggregation_metrics) return;
  const { isDelta, count, sum, min, max } = window;
  emit(stream, point, { type: 'count', suffix: 'count', hasUnit: false, value: count });
  if (sum !== undefined) emit(stream, point, { type: 'count', suffix: 'sum', value: sum });
  if (!isDelta) return;
  if (min) emit(stream, point, { type: 'gauge', suffix: 'min', value: min.value });
  if (max) emit(stream, point, { type: 'gauge', suffix: 'max', value: max.value });
}

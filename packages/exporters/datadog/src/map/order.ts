import type { DataPoint, HrTime } from '@millrace/core';
import { compareTimes } from '@millrace/core';
import type { Last } from '@millrace/delta';
import { drop } from './output.ts';
import type { Stream, Value } from './stream.ts';

/** How a point of a cumulative series follows the last one. */
export type Step<V extends Value> =
  /** The same sequence goes on: the difference to `last` is what happened between them. */
  | { readonly kind: 'next'; readonly last: Last<V> }
  /** There is none before, or the sequence has begun anew. */
  | { readonly kind: 'first' };

/**
 * Remembers the point and says what it follows; undefined for one that is not after the last, which is counted. The start
 * time says when a sequence begins anew; one without a start time is taken to go on, and one that starts when it ends has
 * begun at an unknown time (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#resets-and-gaps).
 */
export function follow<V extends Value>(point: DataPoint<V>, { known, output }: Stream): Step<V> | undefined {
  const { startTime, endTime, value, attributes } = point;
  const series = known.of(attributes);
  const last = series.last as Last<V> | undefined;
  if (last) {
    const order = compareTimes(endTime, last.endTime);
    if (order <= 0) return drop(output, order === 0 ? 'duplicate' : 'out_of_order');
  }
  series.last = { startTime, endTime, value: value!, seenAt: known.now };
  if (!last) return { kind: 'first' };
  const goesOn =
    isUnset(startTime) || (compareTimes(startTime, endTime) !== 0 && compareTimes(startTime, last.startTime) === 0);
  return goesOn ? { kind: 'next', last } : { kind: 'first' };
}

export const isUnset = ([seconds, nanos]: HrTime): boolean => seconds === 0 && nanos === 0;

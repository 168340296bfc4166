import type { DataPoint } from '@millrace/core';
import { compareTimes } from '@millrace/core';
import { type Last, mismatch, reset } from '@millrace/delta';
import type { InitialValue } from './config.ts';
import type { Subtract, Value } from './value.ts';

/** A point that has a value. */
export type Recorded = DataPoint<Value> & { readonly value: Value };

export type DropReason = 'initial' | 'duplicate' | 'out_of_order' | 'bucket_mismatch';

/** How points of a metric are converted. */
export interface Rule {
  readonly initialValue: InitialValue;
  /** Milliseconds since the epoch: when the processor began. */
  readonly since: number;
  readonly subtract: Subtract;
}

/**
 * The delta since the last point, or why there is none. A point that can only come after a restart of the counter is a
 * delta as it is: from its start time if that is after the last point, else from the last point.
 */
export function convertPoint(
  point: Recorded,
  last: Last<Value> | undefined,
  rule: Rule,
): DataPoint<Value> | DropReason {
  if (!last) return isKept(point, rule) ? point : 'initial';
  const order = compareTimes(point.endTime, last.endTime);
  if (order <= 0) return order === 0 ? 'duplicate' : 'out_of_order';
  if (compareTimes(point.startTime, last.startTime) > 0 && compareTimes(point.startTime, last.endTime) >= 0)
    return point;
  const delta = rule.subtract(point.value, last.value);
  if (delta === mismatch) return 'bucket_mismatch';
  const { endTime, attributes, flags, exemplars } = point;
  const converted = { startTime: last.endTime, endTime, attributes, value: delta === reset ? point.value : delta };
  if (flags === undefined && exemplars === undefined) return converted;
  // A cumulative point may carry exemplars from before the interval.
  return { ...converted, flags, exemplars: exemplars?.filter(({ time }) => compareTimes(time, last.endTime) > 0) };
}

function isKept({ startTime, endTime }: DataPoint<unknown>, { initialValue, since }: Rule): boolean {
  if (initialValue !== 'auto') return initialValue === 'keep';
  const [seconds, nanos] = startTime;
  return seconds * 1000 + nanos / 1e6 >= since && compareTimes(startTime, endTime) !== 0;
}

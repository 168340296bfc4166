import type { Series, SketchSeries } from './series.ts';

/** Why a point, or a part of it, is not sent. */
export type DropReason =
  | 'initial_value'
  | 'duplicate'
  | 'out_of_order'
  | 'reset'
  | 'bucket_mismatch'
  | 'not_finite'
  | 'no_name'
  | 'no_timestamp'
  | 'unspecified_temporality'
  | 'invalid_histogram'
  | 'too_many_observations'
  | 'out_of_range';

/** What mapping a batch has made so far. */
export interface Output {
  readonly series: Series[];
  readonly sketches: SketchSeries[];
  readonly dropped: Map<DropReason, number>;
}

export const createOutput = (): Output => ({ series: [], sketches: [], dropped: new Map() });

/** Counts what is not sent; undefined, to say at once that there is nothing. */
export function drop({ dropped }: Output, reason: DropReason, items = 1): undefined {
  dropped.set(reason, (dropped.get(reason) ?? 0) + items);
  return undefined;
}

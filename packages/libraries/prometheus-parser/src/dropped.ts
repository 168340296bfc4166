/** Why samples of a page are not in what was assembled of it. */
export type DropReason =
  /** A second sample of a series without a time of its own, or with the same one. The first counts, as in Prometheus. */
  | 'duplicate_sample'
  /** A sample older than the one before it of the same series. */
  | 'out_of_order'
  /** Of a histogram without `_count`, with buckets that go down, a `le` that is no number, a count that is no integer. */
  | 'invalid_histogram'
  /** Of a summary without `_count`, with a `quantile` that is no number, a count that is no integer. */
  | 'invalid_summary'
  /** `gaugehistogram`: OpenTelemetry has nothing for it. */
  | 'unsupported_type';

export interface Drops {
  readonly byReason: ReadonlyMap<DropReason, number>;
  add(reason: DropReason, samples: number): void;
}

export function createDrops(): Drops {
  const byReason = new Map<DropReason, number>();
  return {
    byReason,
    add: (reason, samples) => void byReason.set(reason, (byReason.get(reason) ?? 0) + samples),
  };
}

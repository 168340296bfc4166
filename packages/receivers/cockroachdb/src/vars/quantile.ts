/** A histogram as Prometheus writes it: how many values were not above each bound, since the process began. */
export type Cumulative = ReadonlyMap<number, number>;

/**
 * The quantile of what was counted between two readings of a histogram, computed as PromQL's `histogram_quantile` does: evenly
 * spread within a bucket, from 0 in the first; in the last, which has no end, its lower bound. Undefined where nothing was
 * counted. Without an earlier reading, or after one of another process, it is that of all since the process began.
 */
export function quantileOf(quantile: number, now: Cumulative, before: Cumulative | undefined): number | undefined {
  const bounds = [...now.keys()].sort((a, b) => a - b);
  const last = bounds.at(-1);
  if (last === undefined) return undefined;
  const earlier = before && now.get(last)! >= (before.get(last) ?? 0) ? before : undefined;
  const counts = countsSince(bounds, now, earlier);
  const rank = quantile * counts.at(-1)!;
  if (rank === 0) return undefined;
  const at = counts.findIndex((count) => count >= rank);
  const upper = bounds[at]!;
  const lower = at === 0 ? 0 : bounds[at - 1]!;
  if (upper === Infinity) return at === 0 ? undefined : lower;
  const below = at === 0 ? 0 : counts[at - 1]!;
  return lower + (upper - lower) * ((rank - below) / (counts[at]! - below));
}

/** A bucket that was not there before was as full as the next smaller one: versions leave out what is empty. */
function countsSince(bounds: readonly number[], now: Cumulative, before: Cumulative | undefined): readonly number[] {
  const counts: number[] = [];
  const known = before ? [...before].sort(([a], [b]) => a - b) : [];
  let place = 0;
  let earlier = 0;
  for (const bound of bounds) {
    while (place < known.length && known[place]![0] <= bound) earlier = known[place++]![1];
    counts.push(Math.max(now.get(bound)! - earlier, counts.at(-1) ?? 0));
  }
  return counts;
}

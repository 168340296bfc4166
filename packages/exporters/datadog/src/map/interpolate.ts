import { type Counts, keyOfValue, valueOfKey } from './sketch.ts';

/** Buckets of a histogram as counts by key, and what these say of the observations. */
export interface Interpolated extends Counts {
  count: number;
  sum: number;
  min: number;
  max: number;
  average: number;
}

export const createInterpolated = (): Interpolated => ({
  keys: [],
  counts: [],
  count: 0,
  sum: 0,
  min: 0,
  max: 0,
  average: 0,
});

/**
 * Spreads the observations of a bucket evenly over the keys between its bounds, whole ones only: a key gets some as soon as
 * what lies below it amounts to one. As the Agent does
 * (https://github.com/DataDog/datadog-agent/blob/main/pkg/util/quantile/agent.go), so that the same histogram is the same
 * distribution, whichever way it comes. Buckets come in ascending order.
 */
export function interpolate(into: Interpolated, [lower, upper]: readonly [number, number], count: number): void {
  if (count <= 0) return;
  const end = keyOfValue(upper);
  let key = keyOfValue(lower);
  let low = valueOfKey(key);
  let left = count;
  let remainder = 0;
  // A single one stays at the lower bound, however many keys there are.
  for (let next = key + 1; next <= end && left > 0 && count > 1; next++) {
    const nextLow = valueOfKey(next);
    const share = ((nextLow - low) / (upper - lower)) * count;
    let whole = Math.floor(share);
    if (share > 1) remainder += share - whole;
    if (remainder > 1) {
      whole++;
      remainder--;
    }
    if (whole === 0) continue;
    whole = Math.min(whole, left);
    insert(into, key, whole);
    left -= whole;
    key = next;
    low = nextLow;
  }
  if (left > 0) insert(into, key, left);
}

function insert(into: Interpolated, key: number, count: number): void {
  const { keys, counts } = into;
  const last = keys.length - 1;
  if (keys[last] === key) counts[last]! += count;
  else {
    keys.push(key);
    counts.push(count);
  }
  const value = valueOfKey(key);
  if (into.count === 0 || value < into.min) into.min = value;
  if (into.count === 0 || value > into.max) into.max = value;
  into.count += count;
  into.sum += count * value;
  into.average += ((value - into.average) * count) / into.count;
}

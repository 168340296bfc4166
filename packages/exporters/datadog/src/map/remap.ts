import type { ExponentialHistogram } from '@millrace/core';
import { bias, type Counts, gamma, maxKey } from './sketch.ts';

/** An exponential histogram by the keys of a sketch, and what these say of the observations. */
export interface Remapped extends Counts {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

type Buckets = ExponentialHistogram['positive'];

const multiplier = 1 / Math.log(gamma);
/** Keys round to the nearest power of gamma: the values of one begin half a power below. */
const offset = bias + 0.5;
const keyOf = (value: number): number => Math.floor(Math.log(value) * multiplier + offset);
/** By key, each once it was asked for. */
const lowerBounds = new Float64Array(maxKey + 2);
const lowerBound = (key: number): number => (lowerBounds[key] ||= Math.exp((key - offset) / multiplier));
/** Of the values between the bounds of a key, the one with the least relative error. */
const valueOf = (key: number): number => (key === 0 ? 0 : (lowerBound(key) * 2 * gamma) / (1 + gamma));

/**
 * Spreads the observations of each bucket evenly over the keys that it meets, and makes whole numbers of them that add up.
 * As the Agent does (https://github.com/DataDog/datadog-agent/blob/main/pkg/util/quantile/ddsketch.go), but for what is
 * too small for a key: that is zero here, where the Agent loses what lies below the smallest double.
 */
export function remap({
  zeroCount,
  scale,
  positive,
  negative,
}: ExponentialHistogram): Remapped | 'empty' | 'out_of_range' {
  const total = totalOf(positive) + totalOf(negative) + Number(zeroCount);
  if (total === 0) return 'empty';
  // A single observation is not spread.
  const put = total === 1 ? settle : spread;
  const above = createKeyed();
  const below = createKeyed();
  if (!put(positive, scale, above) || !put(negative, scale, below)) return 'out_of_range';
  const zeros = above.zeros + below.zeros + Number(zeroCount);
  const zero = zeros > 0;
  const keys = [...below.keys.map((key) => -key).reverse(), ...(zero ? [0] : []), ...above.keys];
  const counts = [...below.counts.reverse(), ...(zero ? [zeros] : []), ...above.counts];
  let sum = 0;
  for (const [index, key] of keys.entries()) sum += signedValue(key) * counts[index]!;
  return { ...whole({ keys, counts }), sum, min: signedValue(keys[0]!), max: signedValue(keys.at(-1)!) };
}

const signedValue = (key: number): number => (key < 0 ? -valueOf(-key) : valueOf(key));

const totalOf = ({ bucketCounts }: Buckets): number => {
  let total = 0;
  for (const count of bucketCounts) total += Number(count);
  return total;
};

/** Parts of observations by key, from 1 on and ascending; and those too small for a key. */
interface Keyed extends Counts {
  zeros: number;
}

const createKeyed = (): Keyed => ({ keys: [], counts: [], zeros: 0 });

function add(into: Keyed, key: number, count: number): void {
  const { keys, counts } = into;
  const last = keys.length - 1;
  if (key <= 0) into.zeros += count;
  else if (keys[last] === key) counts[last]! += count;
  else {
    keys.push(key);
    counts.push(count);
  }
}

const boundOf = (index: number, scale: number): number => 2 ** (index * 2 ** -scale);

/** False where a bucket lies beyond the largest key. */
function spread({ offset: first, bucketCounts }: Buckets, scale: number, into: Keyed): boolean {
  for (const [at, counted] of bucketCounts.entries()) {
    const count = Number(counted);
    if (count === 0) continue;
    const lower = boundOf(first + at, scale);
    const upper = boundOf(first + at + 1, scale);
    const lowest = keyOf(lower);
    const highest = keyOf(upper);
    if (!Number.isFinite(upper) || highest > maxKey) return false;
    if (highest <= 0 || upper === lower) {
      add(into, lowest, count);
      continue;
    }
    const width = upper - lower;
    let from = lower;
    for (let key = Math.max(lowest, 0); from < upper; key++) {
      const to = Math.min(lowerBound(key + 1), upper);
      if (to > from) add(into, key, ((to - from) / width) * count);
      from = to;
    }
  }
  return true;
}

/** Puts each bucket where the value is that has the least relative error of those in it. */
function settle({ offset: first, bucketCounts }: Buckets, scale: number, into: Keyed): boolean {
  for (const [at, count] of bucketCounts.entries()) {
    if (Number(count) === 0) continue;
    const [lower, upper] = [boundOf(first + at, scale), boundOf(first + at + 1, scale)];
    // As 2 lower upper / (lower + upper), which would be too large a number on the way.
    const key = keyOf(2 / (1 / lower + 1 / upper));
    if (!Number.isFinite(upper) || key > maxKey) return false;
    add(into, key, Number(count));
  }
  return true;
}

/** Rounds the running total, not each. */
function whole({ keys, counts }: Counts): Counts {
  const result: Counts = { keys: [], counts: [] };
  let [total, given] = [0, 0];
  for (const [index, key] of keys.entries()) {
    total += counts[index]!;
    const rounded = Math.round(total) - given;
    if (rounded === 0) continue;
    given += rounded;
    result.keys.push(key);
    result.counts.push(rounded);
  }
  return result;
}

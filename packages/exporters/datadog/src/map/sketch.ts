import type { Sketch } from './series.ts';

/**
 * The DDSketch variant of the Datadog Agent (https://github.com/DataDog/datadog-agent/tree/main/pkg/util/quantile; the
 * idea: https://arxiv.org/abs/1908.10693). Keys are of powers of gamma, with a relative error of 1/128; values below 1e-9
 * are zero.
 */
export const gamma = 1 + 2 / 128;
const logGamma = Math.log1p(2 / 128);
/** Key 1 is of the largest power of gamma that is not above 1e-9. */
export const bias = 1 - Math.floor(Math.log(1e-9) / logGamma);
export const maxKey = 32_766;
const binLimit = 4096;
const maxOfBin = 65_535;
/** What a sketch can hold: more, and its bins could not be folded into as many as Datadog takes. */
export const maxCount = binLimit * maxOfBin;

/** The powers of gamma, by key, each once it was asked for: a histogram asks for hundreds. */
const powers = new Float64Array(maxKey + 1);

/** The power of gamma that the key is of. */
export function valueOfKey(key: number): number {
  if (key === 0) return 0;
  return key < 0 ? -valueOfKey(-key) : (powers[key] ||= gamma ** (key - bias));
}

const smallest = valueOfKey(1);

/** The key of the power of gamma that is nearest. */
export function keyOfValue(value: number): number {
  if (value < 0) return -keyOfValue(-value);
  if (value < smallest) return 0;
  return Math.min(Math.max(Math.round(Math.log(value) / logGamma) + bias, 1), maxKey);
}

type Summary = Pick<Sketch, 'min' | 'max' | 'sum' | 'average'>;

/** Counts by key, the keys ascending; the summary is what is known better than by the keys. */
export function sketchOf(counts: Counts, summary: Summary & { readonly count: number }): Sketch {
  const bins = binsOf(counts);
  return { ...summary, keys: bins.keys, counts: bins.counts };
}

/** Observations by key; a key comes once. */
export interface Counts {
  readonly keys: number[];
  readonly counts: number[];
}

/** With bins of at most 65535, the full ones last, and the lowest folded together where there are too many. */
function binsOf(given: Counts): Counts {
  const { keys, counts } = given;
  if (keys.length <= binLimit && counts.every((count) => count <= maxOfBin)) return given;
  const bins: Counts = { keys: [], counts: [] };
  for (const [index, key] of keys.entries()) addBins(bins, key, counts[index]!);
  const excess = bins.keys.length - binLimit;
  return excess > 0 ? fold(bins, excess) : bins;
}

function addBins(bins: Counts, key: number, count: number): void {
  const rest = count % maxOfBin;
  if (rest > 0) push(bins, key, rest);
  for (let full = Math.floor(count / maxOfBin); full > 0; full--) push(bins, key, maxOfBin);
}

function push({ keys, counts }: Counts, key: number, count: number): void {
  keys.push(key);
  counts.push(count);
}

function fold(bins: Counts, excess: number): Counts {
  const folded: Counts = { keys: [], counts: [] };
  let carried = 0;
  for (let index = 0; index < excess; index++) {
    carried += bins.counts[index]!;
    if (carried <= maxOfBin) continue;
    push(folded, bins.keys[index]!, maxOfBin);
    carried -= maxOfBin;
  }
  addBins(folded, bins.keys[excess]!, carried + bins.counts[excess]!);
  for (let index = excess + 1; index < bins.keys.length; index++) push(folded, bins.keys[index]!, bins.counts[index]!);
  return folded;
}

import { toInt64 } from './int64.ts';
import type { Int64 } from './int64.ts';
import type { Profile } from './profile.ts';

/** Limbs of 24 bits: sums of fewer than 2^29 of them are exact in a double. */
const limbBits = 24;

/**
 * One value of each sample, so that sums of them are exact. That is one column of doubles where no sum can pass 2^53, and
 * otherwise three, of the low, middle and high bits: what is linear in the values is worked out for each column, and `total`
 * puts the three results together, exactly also beyond 64 bits, where Go wraps.
 */
export interface Weights {
  readonly columns: readonly Float64Array[];
  readonly total: (parts: readonly Float64Array[], index: number) => Int64;
}

/** `counts` says which samples count, by index and (nearly exact) value; the others weigh nothing. */
export function weightsOf(
  { samples, sampleTypes }: Profile,
  type: number,
  counts?: (sample: number, value: number) => boolean,
): Weights {
  const { count, values } = samples;
  const width = sampleTypes.length;
  const column = new Float64Array(count);
  let magnitude = 0;
  for (let sample = 0; sample < count; sample++) {
    const value = values.number(sample * width + type);
    if (counts && !counts(sample, value)) continue;
    column[sample] = value;
    magnitude += Math.abs(value);
  }
  if (magnitude <= Number.MAX_SAFE_INTEGER) return { columns: [column], total: ([part], index) => part![index]! };

  const columns = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let sample = 0; sample < count; sample++) {
    if (column[sample] === 0) continue;
    const low = values.low(sample * width + type) >>> 0;
    const high = values.high(sample * width + type);
    columns[0]![sample] = low & 0xffffff;
    columns[1]![sample] = (low >>> 24) | ((high & 0xffff) << 8);
    columns[2]![sample] = high >> 16;
  }
  return {
    columns,
    total: (parts, index) => {
      const value = parts.reduceRight((upper, part) => (upper << BigInt(limbBits)) + BigInt(part[index]!), 0n);
      return toInt64(value);
    },
  };
}

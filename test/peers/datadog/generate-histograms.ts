import type { Attributes, HrTime } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { Generator, NextPoint } from './generate.ts';
import type { Random } from '@millrace/core/testing';

const boundaries: readonly (readonly number[])[] = [
  [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000],
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  [-100, -1, 0, 1, 100],
  [1],
  [0],
  [1e-12, 1e-9, 1e6, 1_000_000.5, 123_456_789],
  [-1e9, 1e-3, 1e30],
];

export function explicitHistograms(generator: Generator, attributes: Attributes, isDelta: boolean): NextPoint {
  const { random, starts } = generator;
  const bounds = random.pick(boundaries);
  const hasExtremes = random.chance(0.5);
  const scale = random.pick([2, 50, 200_000]);
  let startTime: HrTime = random.chance(0.3) ? [0, 0] : hrTime(random.pick(starts));
  let total = nothing(bounds);
  return ({ time }) => {
    if (isDelta || (startTime[0] !== 0 && random.chance(0.1))) total = nothing(bounds);
    if (isDelta || total.count === 0) startTime = random.chance(0.3) && isDelta ? [0, 0] : startTime;
    total = grow(total, random, scale);
    if (!isDelta && total.isNew && startTime[0] !== 0) startTime = hrTime(time - 1000);
    const { count, sum, min, max, counts } = total;
    const isBare = isDelta && hasExtremes && count > 0 && random.chance(0.1);
    const value = {
      count,
      sum,
      ...(hasExtremes && count > 0 ? { min, max } : {}),
      buckets: isBare ? { boundaries: [], counts: [] } : { boundaries: bounds, counts },
    };
    total = { ...total, isNew: false };
    return { startTime, endTime: hrTime(time), attributes, value: value as never };
  };
}

interface Total {
  readonly isNew: boolean;
  readonly bounds: readonly number[];
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly counts: readonly number[];
}

const nothing = (bounds: readonly number[]): Total => ({
  isNew: true,
  bounds,
  count: 0,
  sum: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  counts: [...bounds, 0].map(() => 0),
});

function grow(total: Total, random: Random, scale: number): Total {
  let { count, sum, min, max } = total;
  const counts = total.counts.map((before, index) => {
    // At least one, so that there are extremes.
    const more = index === 0 && total.isNew ? 1 : random.chance(0.4) ? 0 : random.below(scale);
    if (more > 0) {
      const value = within(total.bounds, index, random);
      count += more;
      sum += value * more;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return before + more;
  });
  return { ...total, count, sum, min, max, counts };
}

function within(bounds: readonly number[], index: number, random: Random): number {
  const lower = bounds[index - 1] ?? (bounds[0] ?? 0) - 10;
  const upper = bounds[index] ?? (bounds.at(-1) ?? 0) + 10;
  return lower + (upper - lower) * (0.1 + 0.9 * random.next());
}

export function exponentialHistograms({ random }: Generator, attributes: Attributes): NextPoint {
  const scale = random.pick([-2, -1, 0, 1, 3, 5, 8, 14, 20]);
  const buckets = () => {
    const most = random.pick(scale > 0 ? [0, 1, 8, 160] : [0, 1, 8]);
    const counts = Array.from({ length: most }, () =>
      random.chance(0.5) ? 0 : random.below(random.pick([2, 100, 1e5])),
    );
    // Around values from 1e-6 to 1e6, at whatever scale.
    return { offset: Math.round((random.next() * 40 - 20) * 2 ** scale), bucketCounts: counts };
  };
  return ({ time }) => {
    const [positive, negative] = [buckets(), random.chance(0.3) ? buckets() : { offset: 0, bucketCounts: [] }];
    const zeroCount = random.chance(0.5) ? 0 : random.below(100);
    const count = [...positive.bucketCounts, ...negative.bucketCounts].reduce((sum, one) => sum + one, zeroCount);
    const extremes = random.chance(0.5) ? { min: -5 * random.next(), max: 1e5 * random.next() } : {};
    const value = { count, sum: random.next() * 1000, ...extremes, scale, zeroCount, positive, negative };
    return { startTime: hrTime(time - 10_000), endTime: hrTime(time), attributes, value: value as never };
  };
}

import type { ExponentialHistogram } from '@millrace/core';
import { seeded } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { subtractExponential } from './exponential.ts';

const seeds = Array.from({ length: 20 }, (_, seed) => seed);
const finest = 5;

/** Of values that are given as their buckets at the finest scale; those below the threshold count as zero. */
function histogramOf(indexes: readonly number[], scale: number, threshold: number): ExponentialHistogram {
  const zeros = indexes.filter((index) => index < threshold);
  const buckets = indexes.filter((index) => index >= threshold).map((index) => index >> (finest - scale));
  const offset = Math.min(...buckets, 100);
  const bucketCounts = Array.from({ length: Math.max(...buckets, offset - 1) - offset + 1 }, () => 0);
  for (const bucket of buckets) bucketCounts[bucket - offset]! += 1;
  return {
    count: indexes.length,
    scale,
    zeroCount: zeros.length,
    zeroThreshold: 2 ** (threshold * 2 ** -finest),
    positive: { offset, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

/** Its buckets by their indexes, without empty ones. */
const filled = ({ positive: { offset, bucketCounts }, ...rest }: ExponentialHistogram) => ({
  ...rest,
  positive: bucketCounts.flatMap((count, at) => (count === 0 ? [] : [[offset + at, count]])),
});

it.each(seeds)('an exponential histogram that gets coarser is what was added: seed %d', (seed) => {
  const below = seeded(seed).below;
  const values = (): number[] => Array.from({ length: below(50) }, () => below(400) - 100);
  let all = values();
  let scale = finest;
  let threshold = -96;
  let last = histogramOf(all, scale, threshold);
  for (let step = 0; step < 20; step++) {
    if (below(5) === 0) scale = Math.max(0, scale - below(3));
    if (below(5) === 0) threshold += 32 * below(3); // where buckets of all scales meet
    const added = values();
    all = [...all, ...added];
    const now = histogramOf(all, scale, threshold);
    const delta = subtractExponential(now, last);
    if (typeof delta === 'symbol') expect.fail('it was taken for a reset');
    expect(filled(delta)).toEqual(filled(histogramOf(added, scale, threshold)));
    last = now;
  }
});

it('is merged however much coarser it gets', () => {
  const none = { offset: 0, bucketCounts: [] };
  const of = (scale: number, offset: number, count: number): ExponentialHistogram => ({
    count,
    scale,
    zeroCount: 0,
    positive: { offset, bucketCounts: [count] },
    negative: none,
  });
  expect(subtractExponential(of(-20, 0, 5), of(20, 1000, 3))).toMatchObject({ positive: { bucketCounts: [2] } });
});

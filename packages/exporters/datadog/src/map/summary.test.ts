import { expect, it } from 'vitest';
import { mapEach } from './testdata/run.ts';

const summary = (count: number, sum: number, quantiles: readonly (readonly [number, number])[] = []) => ({
  count,
  sum,
  quantiles: quantiles.map(([quantile, value]) => ({ quantile, value })),
});

it('is the increase of its count and sum, and its quantiles', () => {
  const points = [
    [-9, 2, summary(10, 5, [[0.5, 1]])],
    [
      -9,
      3,
      summary(12, 6, [
        [0.5, 2],
        [0.99, 3],
        [1, Number.NaN],
      ]),
      { a: 'b' },
    ],
  ] as const;
  expect(
    mapEach(
      'summary',
      points.map(([start, end, value]) => [start, end, value] as const),
    ),
  ).toMatchObject({
    lines: [
      '2s gauge m.quantile{quantile:0.5} 1 byte',
      '3s count m.count{} 2',
      '3s count m.sum{} 1 byte',
      '3s gauge m.quantile{quantile:0.5} 2 byte',
      '3s gauge m.quantile{quantile:0.99} 3 byte',
    ],
    dropped: { initial_value: 1 },
  });
});

it('is without its quantiles where they are not wanted', () => {
  const input = { metrics: { summaries: { mode: 'noquantiles' } } } as const;
  expect(mapEach('summary', [[1, 2, summary(10, 5, [[0.5, 1]])]], input).lines).toEqual(['2s count m.count{} 10']);
});

it('that fell is not known to have grown', () => {
  const points = [
    [-9, 2, summary(10, 5)],
    [-9, 3, summary(2, 1)],
    [-9, 4, summary(3, 3)],
  ] as const;
  expect(mapEach('summary', points)).toMatchObject({
    lines: ['4s count m.count{} 1', '4s count m.sum{} 2 byte'],
    dropped: { initial_value: 1, reset: 1 },
  });
});

it('that ended is forgotten', () => {
  const points = [
    [-9, 2, summary(10, 5)],
    [-9, 3, undefined],
    [-9, 4, summary(12, 6)],
  ] as const;
  expect(mapEach('summary', points)).toMatchObject({ lines: [], dropped: { initial_value: 2 } });
});

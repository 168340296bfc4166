import { metricsBatch, temporality } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { at, batchOf, converted, type Input, start, sum, type Written } from './testdata/run.ts';

describe('a sum', () => {
  it.each<[string, Written[], Written[], Record<string, number>?]>([
    [
      'since the last point',
      [
        [1, 2, 10],
        [1, 3, 15],
        [1, 5, 15],
      ],
      [
        [1, 2, 10],
        [2, 3, 5],
        [3, 5, 0],
      ],
    ],
    [
      'of doubles',
      [
        [1, 2, 1.5],
        [1, 3, 4],
      ],
      [
        [1, 2, 1.5],
        [2, 3, 2.5],
      ],
    ],
    [
      'of large integers',
      [
        [1, 2, 2n ** 63n - 10n],
        [1, 3, 2n ** 63n - 1n],
        [1, 4, 2n ** 63n - 1n],
      ],
      [
        [1, 2, 2n ** 63n - 10n],
        [2, 3, 9],
        [3, 4, 0],
      ],
    ],
    [
      'that becomes large',
      [
        [1, 2, 5],
        [1, 3, 2n ** 62n],
      ],
      [
        [1, 2, 5],
        [2, 3, 2n ** 62n - 5n],
      ],
    ],
    [
      'that fell began anew',
      [
        [1, 2, 10],
        [1, 3, 4],
      ],
      [
        [1, 2, 10],
        [2, 3, 4],
      ],
    ],
    [
      'that fell without a start time',
      [
        [0, 2, 10],
        [0, 3, 4],
        [0, 4, 5],
      ],
      [
        [0, 2, 10],
        [2, 3, 4],
        [3, 4, 1],
      ],
    ],
    [
      'that fell and says when it began',
      [
        [1, 2, 10],
        [3, 4, 4],
        [3, 5, 6],
      ],
      [
        [1, 2, 10],
        [3, 4, 4],
        [4, 5, 2],
      ],
    ],
    [
      'that rose, and says that it began anew',
      [
        [1, 2, 10],
        [3, 4, 14],
      ],
      [
        [1, 2, 10],
        [3, 4, 14],
      ],
    ],
    [
      'whose start time is another, before the last point',
      [
        [1, 4, 10],
        [2, 5, 14],
      ],
      [
        [1, 4, 10],
        [4, 5, 4],
      ],
    ],
    [
      'after a gap',
      [
        [1, 2, 10],
        [1, 3600, 70],
      ],
      [
        [1, 2, 10],
        [2, 3600, 60],
      ],
    ],
    [
      'that came twice',
      [
        [1, 2, 10],
        [1, 2, 10],
        [1, 3, 11],
      ],
      [
        [1, 2, 10],
        [2, 3, 1],
      ],
      { duplicate: 1 },
    ],
    [
      'that came late',
      [
        [1, 3, 10],
        [1, 2, 8],
        [1, 4, 11],
      ],
      [
        [1, 3, 10],
        [3, 4, 1],
      ],
      { out_of_order: 1 },
    ],
    [
      'that is not a number',
      [
        [1, 2, 10],
        [1, 3, Number.NaN],
        [1, 4, 12],
      ],
      [
        [1, 2, 10],
        [2, 4, 2],
      ],
      { not_finite: 1 },
    ],
    ['that has no end', [[1, 2, Number.POSITIVE_INFINITY]], [], { not_finite: 1 }],
    [
      'that ended',
      [
        [1, 2, 10],
        [1, 3, undefined],
        [4, 5, 3],
      ],
      [
        [1, 2, 10],
        [2, 3, undefined],
        [4, 5, 3],
      ],
    ],
    ['that ended before it began', [[1, 3, undefined]], [[1, 3, undefined]]],
  ])('%s', async (_name, points, want, dropped = {}) => {
    expect(await converted(points)).toEqual({ points: want, dropped });
  });

  it('becomes a delta, and keeps what else it is', async () => {
    const run = start({ initial_value: 'keep' });
    const exemplar = (seconds: number) => ({ time: at(seconds), value: 1 });
    const attributes = { method: 'GET' };
    const batch = (end: number, value: number, exemplars: number[]) => {
      const point = { startTime: at(1), endTime: at(end), attributes, value, exemplars: exemplars.map(exemplar) };
      const metrics = [{ ...sum, dataPoints: [point] }];
      return metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 'test' }, metrics }] }], {
        tenant: ['a'],
      });
    };
    await run.consume(batch(2, 10, [2]));
    await run.consume(batch(4, 15, [2, 3]));
    const [, second] = run.metrics();
    expect(second).toEqual({
      ...sum,
      aggregationTemporality: temporality.delta,
      dataPoints: [{ startTime: at(2), endTime: at(4), attributes, value: 5, exemplars: [exemplar(3)] }],
    });
    expect(second!.dataPoints[0]!.attributes).toBe(attributes);
    expect(run.next.batches[1]!.metadata).toEqual({ tenant: ['a'] });
  });
});

describe('the first point', () => {
  it.each<[Input['initial_value'] & string, Written, boolean]>([
    ['keep', [0, 2, 10], true],
    ['drop', [1, 2, 10], false],
    ['auto', [1, 2, 10], true],
    ['auto', [-1, 2, 10], false],
    ['auto', [0, 2, 10], false],
    ['auto', [2, 2, 10], false],
  ])('%s %o', async (initial, point, isKept) => {
    const { points, dropped } = await converted([point, [point[0], 3, 12]], sum, { initial_value: initial });
    expect(points).toEqual([...(isKept ? [point] : []), [2, 3, 2]]);
    expect(dropped).toEqual(isKept ? {} : { initial: 1 });
  });

  it('is not delivered as an empty batch where it is dropped', async () => {
    const run = start({ initial_value: 'drop' });
    await run.consume(batchOf([[1, 2, 10]]));
    expect(run.next.batches).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { type Input, mapEach, type Written } from './testdata/run.ts';

type Case = [name: string, points: Written[], lines: string[], dropped?: Record<string, number>];

const initial = (value: 'auto' | 'keep' | 'drop'): Input => ({
  metrics: { sums: { initial_cumulative_monotonic_value: value } },
});

describe('a counter', () => {
  it.each<Case>([
    [
      'increases since the last point',
      [
        [-9, 2, 10],
        [-9, 3, 15],
        [-9, 5, 15],
      ],
      ['3s count m{} 5 byte', '5s count m{} 0 byte'],
      { initial_value: 1 },
    ],
    [
      'that began after the mapper is sent from the first point on',
      [
        [1, 2, 10],
        [1, 3, 15],
      ],
      ['2s count m{} 10 byte', '3s count m{} 5 byte'],
    ],
    ['that began when its first point ends began at an unknown time', [[2, 2, 10]], [], { initial_value: 1 }],
    [
      'without a start time began at an unknown time',
      [
        [0, 2, 10],
        [0, 3, 15],
      ],
      ['3s count m{} 5 byte'],
      { initial_value: 1 },
    ],
    [
      'that fell without a start time is not known to have grown',
      [
        [0, 2, 10],
        [0, 3, 4],
        [0, 4, 5],
      ],
      ['4s count m{} 1 byte'],
      { initial_value: 1, reset: 1 },
    ],
    [
      'that fell after the mapper began has grown by all of it',
      [
        [1, 2, 10],
        [1, 3, 4],
      ],
      ['2s count m{} 10 byte', '3s count m{} 4 byte'],
    ],
    [
      'with another start time began anew, even if it rose',
      [
        [1, 2, 10],
        [3, 4, 14],
        [3, 5, 15],
      ],
      ['2s count m{} 10 byte', '4s count m{} 14 byte', '5s count m{} 1 byte'],
    ],
    [
      'grows over a gap',
      [
        [-9, 2, 10],
        [-9, 3000, 70],
      ],
      ['3000s count m{} 60 byte'],
      { initial_value: 1 },
    ],
    [
      'comes twice',
      [
        [-9, 2, 10],
        [-9, 2, 10],
        [-9, 3, 11],
      ],
      ['3s count m{} 1 byte'],
      { initial_value: 1, duplicate: 1 },
    ],
    [
      'comes late',
      [
        [-9, 3, 10],
        [-9, 2, 8],
        [-9, 4, 11],
      ],
      ['4s count m{} 1 byte'],
      { initial_value: 1, out_of_order: 1 },
    ],
    [
      'that is not a number is as if it had not come',
      [
        [-9, 2, 10],
        [-9, 3, Number.NaN],
        [-9, 4, Number.POSITIVE_INFINITY],
        [-9, 5, 12],
      ],
      ['5s count m{} 2 byte'],
      { initial_value: 1, not_finite: 2 },
    ],
    [
      'beyond 2^53 grows exactly',
      [
        [-9, 2, 2n ** 60n],
        [-9, 3, 2n ** 60n + 5n],
      ],
      ['3s count m{} 5 byte'],
      { initial_value: 1 },
    ],
    [
      'that ended is forgotten',
      [
        [-9, 2, 10],
        [-9, 3, undefined],
        [-9, 4, 12],
      ],
      [],
      { initial_value: 2 },
    ],
    ['without a time is nothing to send', [[0, 0, 10]], [], { no_timestamp: 1 }],
  ])('%s', (_name, points, lines, dropped = {}) => {
    expect(mapEach('counter', points)).toMatchObject({ lines, dropped });
  });

  it.each([
    ['keep', -9, ['2s count m{} 10 byte']],
    ['drop', 1, []],
    ['auto', -9, []],
    ['auto', 1, ['2s count m{} 10 byte']],
  ] as const)('first point: %s, begun at %d', (mode, start, lines) => {
    expect(mapEach('counter', [[start, 2, 10]], initial(mode)).lines).toEqual(lines);
  });

  it('is a gauge where its value is asked for', () => {
    const input: Input = { metrics: { sums: { cumulative_monotonic_mode: 'raw_value' } } };
    expect(mapEach('counter', [[-9, 2, 10]], input).lines).toEqual(['2s gauge m{} 10 byte']);
  });
});

it.each<Case>([
  ['the nearest double', [[0, 2, 2n ** 53n + 1n]], [`2s gauge m{} ${2 ** 53} byte`]],
  ['not what is not a number', [[0, 2, Number.NaN]], [], { not_finite: 1 }],
  ['not that it has ended', [[0, 2, undefined]], []],
])('a gauge is %s', (_name, points, lines, dropped = {}) => {
  expect(mapEach('gauge', points)).toMatchObject({ lines, dropped });
});

it('a sum that may fall is a gauge', () => {
  expect(mapEach('upDownCounter', [[-9, 2, -3]]).lines).toEqual(['2s gauge m{} -3 byte']);
});

it.each<Case>([
  ['a count per seconds', [[10, 20, 5]], ['20s count m{} 5 byte per 10s']],
  ['a count per nearly whole seconds', [[10.03, 20, 5]], ['20s count m{} 5 byte per 10s']],
  ['a count of a time that is not whole seconds', [[10.3, 20, 5]], ['20s count m{} 5 byte']],
  ['a count of a time not known', [[0, 20, 5]], ['20s count m{} 5 byte']],
  [
    'a rate where its attribute says so',
    [[10, 20, 5, { 'datadog.metric.as_type': 'rate' }]],
    ['20s rate m{datadog.metric.as_type:rate} 0.5 byte per 10s'],
  ],
])('a delta is %s', (_name, points, lines) => {
  expect(mapEach('deltaSum', points).lines).toEqual(lines);
});

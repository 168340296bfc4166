import type { Series, SketchSeries } from '../src/map/series.ts';

const tags: readonly string[] = ['env:test', 'service:shop'];

export const series = (more: Partial<Series> = {}): Series => ({
  metric: 'requests',
  type: 'gauge',
  unit: undefined,
  interval: undefined,
  points: [{ timestamp: 1_784_500_000, value: 1 }],
  tags,
  host: 'web-1',
  ...more,
});

/** One with keys on both sides of zero, one without a host. */
export const sketches = (): readonly SketchSeries[] => [
  {
    metric: 'latency',
    unit: 'second',
    tags,
    host: 'web-1',
    points: [
      {
        timestamp: 1_784_500_000,
        sketch: { count: 7, min: -2, max: 3, sum: 4.5, average: 4.5 / 7, keys: [-1383, 0, 1338, 1409], counts: [1, 2, 1, 3] },
      },
    ],
  },
  {
    metric: 'zeros',
    unit: undefined,
    tags: [],
    host: undefined,
    points: [
      { timestamp: 1_784_500_000, sketch: { count: 65_536, min: 0, max: 0, sum: 0, average: 0, keys: [0, 0], counts: [65_535, 1] } },
    ],
  },
];

import { readFileSync } from 'node:fs';
import type {
  Attributes,
  DataPoint,
  ExponentialHistogram,
  Histogram,
  HrTime,
  InputOf,
  MetricData,
  MetricsBatch,
} from '@millrace/core';
import {
  hrTime,
  isEnded,
  logsBatch,
  metricsBatch,
  noRecordedValue,
  pointType,
  resolveConfig,
  temporality,
  valueType,
} from '@millrace/core';
import { manualClock, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import cumulativeToDelta from './index.ts';

type Input = InputOf<typeof cumulativeToDelta.config>;
type Value = number | bigint | Histogram | ExponentialHistogram;

/** Seconds after the processor began; 0 is no start time at all. */
const began = Date.UTC(2026, 0, 1);
const at = (seconds: number): HrTime => (seconds === 0 ? [0, 0] : hrTime(began + seconds * 1000));
const secondsOf = ([seconds, nanos]: HrTime): number => (seconds === 0 ? 0 : seconds + nanos / 1e9 - began / 1000);

type Written = readonly [start: number, end: number, value: Value | undefined, attributes?: Attributes];

const pointOf = ([start, end, value, attributes = {}]: Written): DataPoint<never> => ({
  startTime: at(start),
  endTime: at(end),
  attributes,
  value: value as never,
  ...(value === undefined ? { flags: noRecordedValue } : {}),
});

const cumulative = { aggregationTemporality: temporality.cumulative } as const;
const descriptor = { name: 'requests', description: '', unit: '{request}', valueType: valueType.int };
const sum = { descriptor, dataPointType: pointType.sum, isMonotonic: true, ...cumulative } as const;
const histogram = { descriptor, dataPointType: pointType.histogram, ...cumulative } as const;
const exponential = { descriptor, dataPointType: pointType.exponentialHistogram, ...cumulative } as const;
type Kind = Partial<MetricData>;

const batchOf = (points: readonly Written[], metric: Kind = sum, resource: Attributes = { host: 'a' }): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: resource },
      scopeMetrics: [
        { scope: { name: 'test' }, metrics: [{ ...metric, dataPoints: points.map(pointOf) } as MetricData] },
      ],
    },
  ]);

function start(input: Input = {}) {
  const clock = manualClock(began);
  const next = sink();
  const dropped: Record<string, number> = {};
  const context = testContext({ clock });
  const meter: typeof context.meter = Object.create(context.meter) as typeof context.meter;
  meter.createCounter = (name, options) => {
    const counter = context.meter.createCounter(name, options);
    counter.add = (value, attributes) => {
      const reason = String(attributes?.['reason']);
      dropped[reason] = (dropped[reason] ?? 0) + value;
    };
    return counter;
  };
  const config = resolveConfig(cumulativeToDelta.config, input);
  const processor = cumulativeToDelta.create(config, testContext({ clock, meter }), next);
  return {
    clock,
    next,
    dropped,
    consume: (batch: MetricsBatch) => processor.consume(batch),
    metrics: (): MetricData[] =>
      (next.batches as MetricsBatch[]).flatMap(({ resourceMetrics }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => [...metrics])),
      ),
    points(): Written[] {
      return this.metrics().flatMap(({ dataPoints }) =>
        (dataPoints as readonly DataPoint<Value>[]).map(
          (point): Written => [
            secondsOf(point.startTime),
            secondsOf(point.endTime),
            isEnded(point) ? undefined : point.value,
          ],
        ),
      );
    },
  };
}

/** Each point in a batch of its own. */
async function converted(points: readonly Written[], metric: Kind = sum, input: Input = { initial_value: 'keep' }) {
  const run = start(input);
  for (const point of points) await run.consume(batchOf([point], metric));
  return { points: run.points(), dropped: run.dropped };
}

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

describe('a histogram', () => {
  const of = (counts: (number | bigint)[], rest: Partial<Histogram> = {}): Histogram => ({
    count: counts.reduce<number>((total, count) => total + Number(count), 0),
    buckets: { boundaries: [1, 2].slice(0, counts.length - 1), counts },
    ...rest,
  });

  it.each<[string, Histogram[], Histogram | undefined, Record<string, number>?]>([
    ['is subtracted', [of([1, 2, 3], { sum: 10 }), of([1, 4n, 4], { sum: 17.5 })], of([0, 2, 1], { sum: 7.5 })],
    ['has no min and max of the interval', [of([1], { min: 0, max: 5 }), of([2], { min: 0, max: 5 })], of([1])],
    ['has a sum if both have', [of([1], { sum: 3 }), of([2])], of([1])],
    ['has a sum if it is a number', [of([1], { sum: Number.NaN }), of([2], { sum: 3 })], of([1])],
    [
      'has large counts',
      [of([2n ** 60n], { count: 2n ** 60n }), of([2n ** 61n], { count: 2n ** 61n })],
      of([2n ** 60n], { count: 2n ** 60n }),
    ],
    [
      'without buckets',
      [
        { count: 2, sum: 3, buckets: { boundaries: [], counts: [] } },
        { count: 5, sum: 9, buckets: { boundaries: [], counts: [] } },
      ],
      { count: 3, sum: 6, buckets: { boundaries: [], counts: [] } },
    ],
    [
      'whose count fell began anew',
      [of([1, 2, 3]), of([1, 0, 0], { sum: 1, min: 1, max: 1 })],
      of([1, 0, 0], { sum: 1, min: 1, max: 1 }),
    ],
    ['of which a bucket fell began anew', [of([3, 0, 0]), of([0, 0, 9])], of([0, 0, 9])],
    ['with other buckets', [of([1, 2, 3]), of([5, 6])], undefined, { bucket_mismatch: 1 }],
    [
      'with other boundaries',
      [of([1, 2]), { count: 5, buckets: { boundaries: [7], counts: [2, 3] } }],
      undefined,
      { bucket_mismatch: 1 },
    ],
  ])('%s', async (_name, values, want, dropped = {}) => {
    const points = values.map((value, index): Written => [1, index + 2, value]);
    const result = await converted(points, histogram);
    expect(result).toEqual({ points: [points[0], ...(want ? [[2, 3, want]] : [])], dropped });
  });

  it('goes on from its new buckets', async () => {
    const { points } = await converted(
      [
        [1, 2, of([1, 2, 3])],
        [1, 3, of([5, 6])],
        [1, 4, of([6, 8])],
      ],
      histogram,
    );
    expect(points[1]).toEqual([3, 4, of([1, 2])]);
  });
});

describe('an exponential histogram', () => {
  const buckets = (offset: number, ...bucketCounts: (number | bigint)[]) => ({ offset, bucketCounts });
  const of = (fields: Partial<ExponentialHistogram>): ExponentialHistogram => ({
    count: 0,
    scale: 0,
    zeroCount: 0,
    positive: buckets(0),
    negative: buckets(0),
    ...fields,
  });

  it.each<[string, ExponentialHistogram[], ExponentialHistogram]>([
    [
      'is subtracted',
      [
        of({ count: 4, sum: 5, zeroCount: 1, positive: buckets(-1, 1, 0, 1), negative: buckets(3, 1) }),
        of({
          count: 9,
          sum: 12,
          min: 0,
          max: 9,
          zeroCount: 2,
          positive: buckets(-2, 1, 2, 0, 2),
          negative: buckets(3, 2n),
        }),
      ],
      of({ count: 5, sum: 7, zeroCount: 1, positive: buckets(-2, 1, 1, 0, 1), negative: buckets(3, 1) }),
    ],
    [
      // At scale 1, buckets -3 to 2; at scale 0: -3 and -4 merge into -2, -1 and -2 into -1, 0 and 1 into 0, 2 and 3 into 1.
      'that got coarser',
      [
        of({ count: 6, scale: 1, positive: buckets(-3, 1, 1, 1, 1, 1, 1) }),
        of({ count: 10, scale: 0, positive: buckets(-2, 2, 3, 2, 3) }),
      ],
      of({ count: 4, scale: 0, positive: buckets(-2, 1, 1, 0, 2) }),
    ],
    [
      // Bucket 0 holds (1, 2], bucket 1 (2, 4].
      'whose zero got wider',
      [
        of({ count: 5, zeroCount: 1, positive: buckets(0, 2, 1), negative: buckets(0, 1) }),
        of({ count: 7, zeroCount: 5, zeroThreshold: 2, positive: buckets(1, 2) }),
      ],
      of({ count: 2, zeroCount: 1, zeroThreshold: 2, positive: buckets(1, 1) }),
    ],
    [
      'whose count fell began anew',
      [of({ count: 2, zeroCount: 2 }), of({ count: 1, zeroCount: 1, max: 0 })],
      of({ count: 1, zeroCount: 1, max: 0 }),
    ],
    [
      'that got finer began anew',
      [of({ count: 2, zeroCount: 2 }), of({ count: 3, zeroCount: 3, scale: 1 })],
      of({ count: 3, zeroCount: 3, scale: 1 }),
    ],
    [
      'of which a bucket is gone began anew',
      [of({ count: 1, positive: buckets(0, 1) }), of({ count: 2, positive: buckets(1, 2) })],
      of({ count: 2, positive: buckets(1, 2) }),
    ],
    [
      'of which a bucket fell began anew',
      [of({ count: 2, positive: buckets(0, 2) }), of({ count: 3, positive: buckets(0, 1, 2) })],
      of({ count: 3, positive: buckets(0, 1, 2) }),
    ],
    ['that grew by nothing', [of({ count: 1, zeroCount: 1 }), of({ count: 1, zeroCount: 1 })], of({})],
  ])('%s', async (_name, values, want) => {
    const points = values.map((value, index): Written => [1, index + 2, value]);
    const result = await converted(points, exponential);
    expect(result).toEqual({ points: [points[0], [2, 3, want]], dropped: {} });
  });
});

describe('what is a series of its own', () => {
  it.each<[string, MetricsBatch, MetricsBatch, boolean]>([
    ['attributes in another order', batchOf([[1, 2, 5, { a: 1, b: 2 }]]), batchOf([[1, 3, 7, { b: 2, a: 1 }]]), true],
    ['other attributes', batchOf([[1, 2, 5, { a: 1 }]]), batchOf([[1, 3, 7, { a: '1' }]]), false],
    [
      'another resource object',
      batchOf([[1, 2, 5]], sum, { host: 'a' }),
      batchOf([[1, 3, 7]], sum, { host: 'a' }),
      true,
    ],
    ['another resource', batchOf([[1, 2, 5]], sum, { host: 'a' }), batchOf([[1, 3, 7]], sum, { host: 'b' }), false],
    [
      'another unit',
      batchOf([[1, 2, 5]]),
      batchOf([[1, 3, 7]], { ...sum, descriptor: { ...descriptor, unit: 'x' } }),
      false,
    ],
    [
      'another description',
      batchOf([[1, 2, 5]]),
      batchOf([[1, 3, 7]], { ...sum, descriptor: { ...descriptor, description: 'x' } }),
      true,
    ],
  ])('%s', async (_name, first, second, isSame) => {
    const run = start({ initial_value: 'keep' });
    await run.consume(first);
    await run.consume(second);
    expect(run.points()[1]).toEqual(isSame ? [2, 3, 2] : [1, 3, 7]);
  });
});

describe('what is not converted', () => {
  const named = (name: string): Kind => ({ ...sum, descriptor: { ...descriptor, name } });
  it.each<[string, Kind, Input]>([
    ['a gauge', { descriptor, dataPointType: pointType.gauge }, {}],
    ['a summary', { descriptor, dataPointType: pointType.summary }, {}],
    ['a sum that may fall', { ...sum, isMonotonic: false }, {}],
    ['a delta', { ...sum, aggregationTemporality: temporality.delta }, {}],
    ['what is neither', { ...sum, aggregationTemporality: temporality.unspecified }, {}],
    ['what is not included', sum, { include: { metrics: ['request'] } }],
    ['what is not included by pattern', sum, { include: { match_type: 'regexp', metrics: ['^x', 'y$'] } }],
    ['what is excluded', named('a'), { include: { metrics: ['a'] }, exclude: { metrics: ['a'] } }],
    ['a type that is not included', sum, { include: { metric_types: ['histogram', 'exponentialhistogram'] } }],
    ['a type that is excluded', sum, { exclude: { metric_types: ['sum'] } }],
  ])('%s', async (_name, metric, input) => {
    const run = start(input);
    const batch = batchOf([[1, 2, 5]], metric);
    await run.consume(batch);
    expect(run.next.batches[0]).toBe(batch);
  });

  it('logs', async () => {
    const next = sink();
    const logs = logsBatch([]);
    await cumulativeToDelta.create(resolveConfig(cumulativeToDelta.config, {}), testContext(), next).consume(logs);
    expect(next.batches).toEqual([logs]);
  });
});

describe('a batch that is refused', () => {
  it('gives the same when it comes again', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    for (let attempt = 0; attempt < 3; attempt++) {
      run.next.failures.push(new Error('later'));
      await expect(
        run.consume(
          batchOf([
            [1, 3, 15],
            [1, 4, 16],
            [1, 2, 1],
          ]),
        ),
      ).rejects.toThrow('later');
    }
    await run.consume(
      batchOf([
        [1, 3, 15],
        [1, 4, 16],
        [1, 2, 1],
      ]),
    );
    expect(run.points()).toEqual([
      [1, 2, 10],
      [2, 3, 5],
      [3, 4, 1],
    ]);
    expect(run.dropped).toEqual({ out_of_order: 1 });
  });

  it('does not end a series', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    run.next.failures.push(new Error('later'));
    await expect(run.consume(batchOf([[1, 3, undefined]]))).rejects.toThrow('later');
    await run.consume(batchOf([[1, 4, 12]]));
    expect(run.points()).toEqual([
      [1, 2, 10],
      [2, 4, 2],
    ]);
  });

  it('does not undo one that overtook it', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    run.next.failures.push(new Error('later'));
    const refused = run.consume(batchOf([[1, 3, 15]]));
    const taken = run.consume(batchOf([[1, 4, 18]]));
    await expect(refused).rejects.toThrow('later');
    await taken;
    await run.consume(batchOf([[1, 5, 20]]));
    expect(run.points()).toEqual([
      [1, 2, 10],
      [3, 4, 3],
      [4, 5, 2],
    ]);
  });
});

describe('max_staleness', () => {
  it('forgets a series that was not seen for so long', async () => {
    const run = start({ initial_value: 'drop', max_staleness: '1m' });
    await run.consume(batchOf([[1, 2, 10]]));
    await run.clock.advance(60_000);
    await run.consume(batchOf([[1, 62, 12]]));
    await run.clock.advance(60_001);
    await run.consume(batchOf([[1, 123, 13]]));
    expect(run.points()).toEqual([[2, 62, 2]]);
    expect(run.dropped).toEqual({ initial: 2 });
  });

  it('0 remembers for ever', async () => {
    const run = start({ initial_value: 'keep' });
    await run.consume(batchOf([[1, 2, 10]]));
    await run.clock.advance(1e9);
    await run.consume(batchOf([[1, 1e6, 11]]));
    expect(run.points()[1]).toEqual([2, 1e6, 1]);
  });
});

describe('the config', () => {
  const check = (input: Input) => cumulativeToDelta.check?.(resolveConfig(cumulativeToDelta.config, input));

  it.each<[Input, (string | number)[], RegExp]>([
    [{ include: {} }, ['include'], /^There is no condition under include/],
    [{ exclude: { match_type: 'regexp', metrics: ['('] } }, ['exclude', 'metrics', 0], /^Invalid regular expression/],
  ])('%j', (input, path, message) => {
    expect(check(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      processors: { cumulative_to_delta: Input };
    };
    expect(check(example.processors.cumulative_to_delta)).toEqual([]);
  });
});

import type { MetricData } from '@millrace/core';
import { valueType } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { Input, Value } from '../testdata/renaming.ts';
import { entity, metric, metricsOf, points, start } from '../testdata/renaming.ts';

describe('values', () => {
  const big = 2n ** 60n + 1n;

  it.each<[Value, number, Value, number]>([
    [3, 1000, 3000, valueType.int],
    [big, 2, big * 2n, valueType.int],
    [2 ** 53 - 1, 1024, (2n ** 53n - 1n) * 1024n, valueType.int],
    [1500, 0.001, 1.5, valueType.double],
    [1000, 0.001, 1, valueType.double],
    [big, 0.5, 2 ** 59, valueType.double],
  ])('%d times %d is %d', async (value, scale, want, type) => {
    const { map } = start({ rules: [{ metric: 'm', unit: 'x', scale }] });
    const [made] = metricsOf(await map(entity({}, metric('m', 'gauge', '1', [{}, value]))));
    expect(made!.dataPoints[0]!.value).toBe(want);
    expect(made!.descriptor.valueType).toBe(type);
  });

  it.each<[Value, Value, Value]>([
    [2 ** 53 - 1, 2 ** 53 - 1, 2n * (2n ** 53n - 1n)],
    [big, 1, big + 1n],
    [big, -(2n ** 60n), 1],
    [0.5, 0.25, 0.75],
  ])('%d and %d make %d', async (a, b, want) => {
    const { map } = start({ rules: [{ metric: 'm', drop_attributes: ['k'], aggregate: 'sum' }] });
    const [made] = metricsOf(await map(entity({}, metric('m', 'gauge', '1', [{ k: 1 }, a], [{ k: 2 }, b]))));
    expect(made!.dataPoints.map(({ value }) => value)).toEqual([want]);
  });

  it.each([
    [8_388_607, 1 / 1024, 8191],
    [2047.99, undefined, 2047],
    [-0.5, undefined, -1],
    [0.502109, 1000, 502],
    [2n ** 60n + 1n, undefined, 2n ** 60n + 1n],
    [2 ** 60, 4, 2n ** 62n],
  ])('%d times %d is rounded down to %d, an integer', async (value, scale, want) => {
    const { map } = start({ rules: [{ metric: 'm', unit: 'x', round: 'down', ...(scale && { scale }) }] });
    const [mapped] = metricsOf(await map(entity({}, metric('m', 'gauge', 'y', [{}, value]))));
    expect([mapped!.descriptor.valueType, mapped!.dataPoints[0]!.value]).toEqual([valueType.int, want]);
  });

  it('drops and counts what no integer can say', async () => {
    const { map, dropped } = start({ rules: [{ metric: 'm', round: 'down' }] });
    const source = metric('m', 'gauge', 'y', [{ k: 1 }, Infinity], [{ k: 2 }, 1.5]);
    expect(metricsOf(await map(entity({}, source)))[0]!.dataPoints.map(({ value }) => value)).toEqual([1]);
    expect(dropped).toEqual({ rename_conflict: 1 });
  });

  it('a sum spans the time of what it sums, and exemplars are scaled too', async () => {
    const [template] = points([[{ k: 1 }, 1]]);
    const exemplar = { time: [15, 0] as const, value: 2, traceId: 'ab'.repeat(16) };
    const source = {
      ...metric('m', 'counter', 's'),
      dataPoints: [
        { ...template!, exemplars: [exemplar] },
        { ...template!, attributes: { k: 2 }, startTime: [5, 0] as const, endTime: [21, 0] as const },
      ],
    } as MetricData;
    const { map } = start({
      rules: [{ metric: 'm', drop_attributes: ['k'], aggregate: 'sum', unit: 'ms', scale: 1000 }],
    });
    const [made] = metricsOf(await map(entity({}, source)));
    expect(made!.dataPoints).toEqual([
      { startTime: [5, 0], endTime: [21, 0], attributes: {}, value: 2000, exemplars: [{ ...exemplar, value: 2000 }] },
    ]);
  });

  it('a metric is one of doubles as soon as one of its sources is', async () => {
    const { map } = start({ rules: [{ metric_regex: '(a|b)', to: 'm', set_attributes: {} }] });
    const set: Input = { rules: ['a', 'b'].map((name) => ({ metric: name, to: 'm', set_attributes: { name } })) };
    const [made] = metricsOf(
      await start(set).map(entity({}, metric('a', 'gauge', '1', [{}, 1]), metric('b', 'gauge', '1', [{}, 0.5]))),
    );
    expect(made!.descriptor.valueType).toBe(valueType.double);
    expect(metricsOf(await map(entity({}, metric('a', 'gauge', '1', [{}, 1]))))[0]!.descriptor.valueType).toBe(
      valueType.int,
    );
  });
});

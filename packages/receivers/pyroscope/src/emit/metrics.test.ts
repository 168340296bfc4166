import { attributesKey, isEnded, type MetricData } from '@millrace/core';
import { fromStacks, ProfileError } from '@millrace/pprof';
import { expect, it } from 'vitest';
import { metricsMaker } from './metrics.ts';

const span = { startMs: 0, endMs: 1_000 };

function maker(limit: number) {
  const { make } = metricsMaker({ limit, profileType: 'memory', leftOut: new Set() });
  return (values: Readonly<Record<string, number | bigint>>, type = 'inuse_space'): readonly MetricData[] => {
    const stacks = Object.entries(values).map(([name, value]) => ({ frames: [name], values: [value] }));
    const whole = fromStacks(stacks, { sampleTypes: [{ type, unit: 'bytes' }] });
    return make({ whole, filtered: whole }, span);
  };
}

const keysOf = (metric: MetricData): string[] => metric.dataPoints.map(({ attributes }) => attributesKey(attributes));

it('a series that goes on does not end, however many functions there were', () => {
  const make = maker(2);
  let ends = 0;
  for (let round = 0; round < 100; round++)
    for (const metric of make({ stays: 1_000, [`passes ${round}`]: 100 })) {
      expect(new Set(keysOf(metric)).size).toBe(metric.dataPoints.length);
      ends += metric.dataPoints.filter(isEnded).length;
    }
  expect(ends).toBe(2 * 99);
});

it('a function that is called other is one of the others', () => {
  const metrics = maker(2)({ work: 5, other: 3, idle: 1, rest: 1 }, 'alloc_space');
  expect(
    metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      ...dataPoints.map(({ attributes, value }) => `${attributes['code.function.name']} ${value}`),
    ]),
  ).toEqual([
    ['profile.alloc_space.self', 'work 5', 'idle 1', 'other 4'],
    ['profile.alloc_space.total', 'work 5', 'idle 1'],
  ]);
});

it('what no point can have is an error of the profile', () => {
  const make = maker(2);
  expect(make({ a: 2n ** 62n, b: -(2n ** 62n) })).toHaveLength(2);
  expect(() => make({ a: 2n ** 62n, b: 2n ** 62n, c: 2n ** 62n, d: 2n ** 62n })).toThrow(
    new ProfileError(`The values of a function come to ${2n ** 63n}, which is no int64.`),
  );
});

import type { MetricData } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { expect, it } from 'vitest';
import { createSeriesStore } from './series.ts';

const metric: MetricData = {
  descriptor: { name: 'm', description: '', unit: '', valueType: valueType.int },
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.cumulative,
  isMonotonic: true,
  dataPoints: [],
};
const scope = { name: 'test' };

it('frees streams and resources with their last series', () => {
  const store = createSeriesStore();
  const resource = { attributes: { host: 'a' } };
  const stream = store.stream(resource, scope, metric);
  const series = [{ a: 1 }, { a: 2 }].map((attributes) => store.of(stream, attributes));
  store.remove(series[0]!);
  expect(store.stream(resource, scope, metric)).toBe(stream);
  store.remove(series[1]!);
  store.remove(series[1]!);
  expect(store.size).toBe(0);
  expect(store.stream(resource, scope, metric)).not.toBe(stream);
});

it('sweeps all series in turn, so many at a time', () => {
  const store = createSeriesStore();
  const stream = store.stream({ attributes: {} }, scope, metric);
  for (let index = 0; index < 100; index++) store.of(stream, { index }).seenAt = index;
  store.sweep(30, 50);
  expect(store.size).toBe(70);
  for (let round = 0; round < 3; round++) store.sweep(30, 50);
  expect(store.size).toBe(50);
  for (let round = 0; round < 3; round++) store.sweep(30, 100);
  expect(store.size).toBe(0);
});

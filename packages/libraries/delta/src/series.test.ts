import type { MetricData } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { createSeriesStore } from './series.ts';

const metric: MetricData = {
  descriptor: { name: 'm', description: '', unit: '', valueType: valueType.int },
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.cumulative,
  isMonotonic: true,
  dataPoints: [],
};
const place = { resource: { attributes: { host: 'a' } }, scope: { name: 'test' }, metric };

function start(maxAge = Number.POSITIVE_INFINITY) {
  const clock = manualClock(0);
  return { clock, store: createSeriesStore<number>({ clock, maxAge }) };
}

const seen = (seenAt: number) => ({ startTime: [0, 0], endTime: [1, 0], value: 1, seenAt }) as const;

it('knows a series by what is in it, not by identity', () => {
  const { store } = start();
  const series = store.at(place).of({ a: 1, b: 2 });
  const same = { resource: { attributes: { host: 'a' } }, scope: { name: 'test' }, metric: { ...metric } };
  expect(store.at(same).of({ b: 2, a: 1 })).toBe(series);
  expect(store.at(same).find({ b: 2, a: 1 })).toBe(series);
  const others = [
    { ...place, resource: { attributes: { host: 'b' } } },
    { ...place, scope: { name: 'test', version: '2' } },
    { ...place, scope: { name: 'test', attributes: { a: 1 } } },
    { ...place, metric: { ...metric, descriptor: { ...metric.descriptor, unit: 's' } } },
  ];
  for (const other of others) expect(store.at(other).find({ a: 1, b: 2 })).toBeUndefined();
  expect(store.size).toBe(1);
});

it('frees metrics and resources with their last series', () => {
  const { store } = start();
  const known = store.at(place);
  const series = [{ a: 1 }, { a: 2 }].map((attributes) => known.of(attributes));
  store.remove(series[0]!);
  expect(store.at(place).of({ a: 2 })).toBe(series[1]);
  store.remove(series[1]!);
  store.remove(series[1]!);
  expect(store.size).toBe(0);
  expect(known.find({ a: 2 })).toBeUndefined();
  const again = known.of({ a: 2 });
  expect(again.metric).not.toBe(series[1]!.metric);
  expect(store.at(place).of({ a: 2 })).toBe(again);
});

it('forgets the last point of a series once it is too old', async () => {
  const { store, clock } = start(10);
  store.at(place).of({}).last = seen(0);
  await clock.advance(10);
  expect(store.at(place).find({})!.last).toEqual(seen(0));
  await clock.advance(1);
  expect(store.at(place).find({})!.last).toBeUndefined();
});

it('sweeps all series in turn, so many at a time', async () => {
  const { store, clock } = start(1);
  for (let index = 0; index < 100; index++) store.at(place).of({ index }).last = seen(index);
  await clock.advance(51);
  store.sweep(30);
  expect(store.size).toBe(70);
  for (let round = 0; round < 3; round++) store.sweep(30);
  expect(store.size).toBe(50);
  await clock.advance(50);
  for (let round = 0; round < 3; round++) store.sweep(30);
  expect(store.size).toBe(0);
});

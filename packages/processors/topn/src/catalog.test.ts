import type { Attributes, MetricData, Scope } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { createCatalog } from './catalog.ts';

const scope: Scope = { name: 'test' };
const gauge = (name: string, unit = 'By', type: number = valueType.int): MetricData =>
  ({
    descriptor: { name, unit, description: '', valueType: type },
    dataPointType: pointType.gauge,
    dataPoints: [],
  }) as MetricData;
const sum = (more: object): MetricData =>
  ({
    ...gauge('a'),
    dataPointType: pointType.sum,
    aggregationTemporality: temporality.cumulative,
    isMonotonic: true,
    ...more,
  }) as MetricData;
const catalog = () => createCatalog({ measured: ['b', 'c'], notAdditive: new Set(['x']) });

describe('a series', () => {
  const table: readonly [string, Attributes, Attributes, boolean][] = [
    ['the same attributes', { a: 1, b: 'x' }, { a: 1, b: 'x' }, true],
    ['another order', { a: 1, b: 'x' }, { b: 'x', a: 1 }, true],
    ['another value', { a: 1 }, { a: 2 }, false],
    ['another type', { a: 1 }, { a: '1' }, false],
    ['one attribute less', { a: 1, b: 2 }, { a: 1 }, false],
    ['one attribute more', { a: 1 }, { a: 1, b: 2 }, false],
    ['no attribute', { a: 1 }, {}, false],
    ['equal lists', { a: ['x'] }, { a: ['x'] }, true],
    ['different lists', { a: ['x'] }, { a: ['y'] }, false],
  ];
  test.each(table)('with %s is the same or not', (_, first, second, same) => {
    const { metric, series } = catalog();
    const found = metric(scope, gauge('a'), 0);
    expect(series(found, second, 0) === series(found, second, 1)).toBe(true);
    expect(series(found, first, 0) === series(found, second, 0)).toBe(same);
  });
});

test('a metric is told apart by name, unit, type, temporality, direction and scope', () => {
  const { metric } = catalog();
  const all = [
    gauge('a'),
    gauge('b'),
    gauge('a', 's'),
    gauge('a', 'By', valueType.double),
    sum({}),
    sum({ isMonotonic: false }),
    sum({ aggregationTemporality: temporality.delta }),
  ];
  const found = all.map((data) => metric(scope, data, 0));
  expect(new Set([...found, metric({ name: 'other' }, gauge('a'), 0)]).size).toBe(all.length + 1);
  expect(all.map((data) => metric({ ...scope }, structuredClone(data), 0))).toEqual(found);
});

test.each([
  [gauge('b'), { kind: 'level', additive: true, measured: 0 }],
  [gauge('c', '1'), { kind: 'level', additive: true, measured: 1 }],
  [gauge('uptime', 's'), { kind: 'level', additive: false, measured: -1 }],
  [gauge('x'), { kind: 'level', additive: false }],
  [sum({}), { kind: 'counter', additive: true }],
  [sum({ descriptor: gauge('time', 's').descriptor }), { kind: 'counter', additive: true }],
  [sum({ isMonotonic: false }), { kind: 'level', additive: true }],
  [sum({ aggregationTemporality: temporality.delta }), { kind: 'delta', additive: true }],
  [sum({ dataPointType: pointType.histogram }), { kind: 'distribution', additive: false }],
] as const)('reads %j', (data, want) => expect(catalog().metric(scope, data, 0)).toMatchObject(want));

test('a series that no later round had is forgotten', () => {
  const one = catalog();
  const data = gauge('a');
  const attributes = { a: 1 };
  const at = (round: number) => {
    one.round = round;
    return one.series(one.metric(scope, data, 0), attributes, 0);
  };
  const first = at(1);
  expect(at(2)).toBe(first);
  one.forget(1);
  expect(at(3)).toBe(first);
  one.forget(3);
  expect(at(4)).not.toBe(first);
});

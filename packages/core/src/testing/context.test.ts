import { createNoopMeter } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { dropCounter } from '../dropped.ts';
import { testContext } from './context.ts';

test('a context tells what its component has counted', () => {
  const context = testContext({ id: 'filter/x' });
  expect([context.dropped, context.counts]).toEqual([{}, {}]);
  const drop = dropCounter(context);
  drop(2, 'old');
  drop(3, 'old');
  drop(0, 'new');
  const orders = context.meter.createCounter('orders');
  orders.add(1);
  orders.add(4, { component: 'filter/x', region: 'eu', size: 7 });
  expect(context.dropped).toEqual({ old: 5 });
  expect(context.counts).toEqual({ 'millrace_dropped_items old': 5, orders: 1, 'orders eu 7': 4 });
});

test('what is counted under the name of another is not taken for its own', () => {
  const context = testContext();
  dropCounter({ ...context, id: 'other' })(1, 'old');
  expect(context.dropped).toEqual({ 'other old': 1 });
  expect(testContext().dropped).toEqual({});
});

test('with a meter of its own, it counts nothing', () => {
  const context = testContext({ meter: createNoopMeter() });
  dropCounter(context)(1, 'old');
  expect([context.dropped, context.counts]).toEqual([{}, {}]);
});

import { manualClock, testContext } from '@millrace/core/testing';
import { Refusal } from '@millrace/server';
import { expect, test } from 'vitest';
import { createPatience } from './patience.ts';

function patient(timeoutMs: number) {
  const clock = manualClock();
  const counted: unknown[] = [];
  const context = testContext({ clock });
  const add = (count: number, attributes: object): void => void counted.push([count, attributes]);
  const meter = Object.assign(Object.create(context.meter) as typeof context.meter, { createCounter: () => ({ add }) });
  return { clock, counted, patience: createPatience(timeoutMs, { ...context, meter }) };
}

test('ends with what is taken, and with what is not after its time', async () => {
  const { clock, counted, patience } = patient(60_000);
  const [taken, never] = [Promise.withResolvers<void>(), new Promise<void>(() => {})];
  const [first, second] = [patience.wait(taken.promise), patience.wait(never).catch((error: unknown) => error)];
  await clock.advance(59_000);
  taken.resolve();
  await first;
  expect(counted).toEqual([]);
  await clock.advance(16_000);
  const refusal = await second;
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({
    code: 4,
    message: expect.stringMatching(/^The client took nothing for 60 s/) as string,
  });
  expect(counted).toEqual([[1, { component: 'test' }]]);
  patience.stop();
});

test('begins anew with each write', async () => {
  const { clock, counted, patience } = patient(60_000);
  for (let round = 0; round < 5; round++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = patience.wait(promise);
    await clock.advance(50_000);
    resolve();
    await waiting;
  }
  expect(counted).toEqual([]);
  patience.stop();
});

test('has no end where it is 0', async () => {
  const { clock, patience } = patient(0);
  let isOver = false;
  void patience.wait(new Promise(() => {})).finally(() => (isOver = true));
  await clock.advance(86_400_000);
  expect(isOver).toBe(false);
});

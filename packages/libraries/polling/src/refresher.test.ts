import { manualClock } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { createRefresher } from './refresher.ts';

it('looks one at a time, again and again, until it is stopped', async () => {
  const clock = manualClock();
  let looks = 0;
  let gate = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    looks++;
    await gate.promise;
  };
  const { refresh, run } = createRefresher(look, { clock, everyMs: 1_000 });
  const both = Promise.all([refresh(), refresh()]);
  expect(looks).toBe(1);
  gate.resolve();
  await both;
  const stop = new AbortController();
  const running = run(stop.signal);
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect(looks).toBe(3);
  gate = Promise.withResolvers();
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect(looks).toBe(4);
  gate.resolve();
  stop.abort(new Error('stopped'));
  await running;
  await clock.advance(5_000);
  expect(looks).toBe(4);
});

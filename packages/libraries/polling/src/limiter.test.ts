import { expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

const settled = async (): Promise<void> => void (await new Promise((resolve) => setImmediate(resolve)));

it('a place that was taken is given back once', async () => {
  const limiter = createLimiter(1);
  const { signal } = new AbortController();
  const leave = await limiter.take(signal);
  let others = 0;
  const second = limiter.take(signal).then((release) => (others++, release));
  const third = limiter.take(signal).then((release) => (others++, release));
  leave();
  leave();
  await settled();
  expect(others).toBe(1);
  (await second)();
  (await third)();
  await limiter.use(signal, settled);
});

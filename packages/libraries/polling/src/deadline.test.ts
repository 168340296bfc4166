import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { withDeadline, withLimit } from './deadline.ts';

const late = (): Error => new Error('too late');
const hangs = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = (): void => reject(new Error('socket hang up'));
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
  });

it('work that ends in time is what it is, and leaves nothing behind', async () => {
  const { signal: stop } = new AbortController();
  for (const limited of [withLimit, withDeadline]) {
    expect(await limited({ ms: 1_000, stop, late }, async () => 7)).toBe(7);
    await expect(limited({ ms: 1_000, stop, late }, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
  }
  expect(getEventListeners(stop, 'abort')).toEqual([]);
});

it('work that does not is told to end: by the reason with a deadline, by its own error with a limit', async () => {
  const { signal: stop } = new AbortController();
  await expect(withLimit({ ms: 5, stop, late }, hangs)).rejects.toThrow('socket hang up');
  await expect(withDeadline({ ms: 5, stop, late }, hangs)).rejects.toThrow('too late');
  expect(getEventListeners(stop, 'abort')).toEqual([]);
});

it('all is told to end when everything is', async () => {
  const stop = new AbortController();
  const running = withDeadline({ ms: 60_000, stop: stop.signal, late }, hangs);
  stop.abort(new Error('shut down'));
  await expect(running).rejects.toThrow('shut down');
  await expect(withDeadline({ ms: 60_000, stop: stop.signal, late }, hangs)).rejects.toThrow('shut down');
});

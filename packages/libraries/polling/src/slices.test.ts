import { expect, it } from 'vitest';
import { inSlices } from './slices.ts';

function burn(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

it('lets the event loop turn in the midst of long work, and after it', async () => {
  const seen: (string | number)[] = [];
  setImmediate(() => {
    seen.push('turn');
    setImmediate(() => seen.push('turn'));
  });
  await inSlices([1, 2], (item) => {
    seen.push(item);
    burn(5);
  });
  expect(seen).toEqual([1, 'turn', 2, 'turn']);
});

it('ends between two slices when it is told to', async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  await inSlices(
    [1, 2, 3],
    (item) => {
      seen.push(item);
      if (item === 2) stop.abort(new Error('stopped'));
      burn(5);
    },
    stop.signal,
  );
  expect(seen).toEqual([1, 2]);
});

import { setImmediate } from 'node:timers/promises';

const sliceMs = 8;

/** Runs a generator to its end, and lets others have the event loop every few milliseconds. */
export async function inSlices<T>(steps: Iterable<T>, take: (value: T) => void = () => {}): Promise<void> {
  let began = performance.now();
  for (const value of steps) {
    take(value);
    if (performance.now() - began < sliceMs) continue;
    await setImmediate();
    began = performance.now();
  }
}

/** What is passed to it runs one after the other. */
export function createLock(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

/** Milliseconds after which long synchronous work lets the event loop turn. A collection of garbage in its midst may add about 10. */
const longestSlice = 4;

/** Whether a slice of synchronous work is over, and the wait for the next. */
export function slices(): { over(): boolean; next(): Promise<void> } {
  let begin = performance.now();
  return {
    over: () => performance.now() - begin >= longestSlice,
    async next() {
      await new Promise<void>((resolve) => setImmediate(resolve));
      begin = performance.now();
    },
  };
}

/** Does `work` to every item, in slices. Ends early once the signal is aborted. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void, signal?: AbortSignal): Promise<void> {
  const slice = slices();
  for (const item of items) {
    work(item);
    if (!slice.over()) continue;
    await slice.next();
    if (signal?.aborted) return;
  }
  // Whatever comes after begins with a slice of its own.
  await slice.next();
}

import type { Clock } from '@millrace/core';

/** Says yes to the first `initial` calls of each second, and to every `thereafter`-th that follows. */
export function createSampler(
  { initial, thereafter }: { readonly initial: number; readonly thereafter: number },
  clock: Clock,
): () => boolean {
  let second = -1;
  let calls = 0;
  return () => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      second = now;
      calls = 0;
    }
    calls++;
    return calls <= initial || (thereafter > 0 && (calls - initial) % thereafter === 0);
  };
}

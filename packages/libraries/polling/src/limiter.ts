/** A number of places, taken in the order in which they are asked for. */
export interface Limiter {
  /**
   * Takes a place when there is one. What it resolves with gives it back; more than once does nothing. Rejects with the signal's
   * reason if it is aborted before.
   */
  take(signal: AbortSignal): Promise<() => void>;
  /** Does the work when there is a place. Rejects with the signal's reason if it is aborted before. */
  use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

export function createLimiter(places: number): Limiter {
  let free = places;
  const waiting = new Set<() => void>();

  async function wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free--;
      return;
    }
    const turn = Promise.withResolvers<void>();
    waiting.add(turn.resolve);
    const leave = (): void => {
      if (waiting.delete(turn.resolve)) turn.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** A place that is given back goes to the first who waits. */
  function giveBack(): void {
    const [next] = waiting;
    if (!next) {
      free++;
      return;
    }
    waiting.delete(next);
    next();
  }

  async function take(signal: AbortSignal): Promise<() => void> {
    await wait(signal);
    let isTaken = true;
    return () => {
      if (isTaken) giveBack();
      isTaken = false;
    };
  }

  return {
    take,
    async use(signal, work) {
      const leave = await take(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

export interface Poller {
  /** `gone`: what it polls is not there any more. `shutdown`: it will be there again. Must not reject. */
  stop(why: 'gone' | 'shutdown'): Promise<void>;
}

/** A poller for each of some targets that come and go. */
export interface Pollers<T, P extends Poller> {
  /** These are the targets now, by their keys: stops the pollers of those that are gone, and begins those that are new. */
  update(targets: ReadonlyMap<string, T>): void;
  all(): readonly P[];
  /** Stops all. Nothing begins any more. */
  stop(): Promise<void>;
}

/** `begin` is given what has to be over before: the end of the target's last poller, where it was there before. */
export function createPollers<T, P extends Poller>(
  begin: (target: T, after: Promise<void> | undefined) => P,
): Pollers<T, P> {
  const pollers = new Map<string, P>();
  const ending = new Map<string, Promise<void>>();
  let isOver = false;

  function end(key: string, poller: P): void {
    pollers.delete(key);
    const ended: Promise<void> = poller.stop('gone').finally(() => {
      if (ending.get(key) === ended) ending.delete(key);
    });
    ending.set(key, ended);
  }

  return {
    update(targets) {
      if (isOver) return;
      for (const [key, poller] of pollers) if (!targets.has(key)) end(key, poller);
      for (const [key, target] of targets) if (!pollers.has(key)) pollers.set(key, begin(target, ending.get(key)));
    },
    all: () => [...pollers.values()],
    async stop() {
      isOver = true;
      await Promise.all([...ending.values(), ...[...pollers.values()].map((one) => one.stop('shutdown'))]);
    },
  };
}

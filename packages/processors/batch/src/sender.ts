/** One call of `consume`, which waits for the outcome of its batch: of all its parts, where it was cut. */
export interface Sender {
  /** Resolves once every part was accepted; rejects, once every part has an outcome, with what went wrong. */
  readonly outcome: Promise<void>;
  /** It waits no longer: what it sent need not be delivered. */
  readonly gone: boolean;
  partAccepted(): void;
  partFailed(error: unknown): void;
  giveUp(reason: unknown): void;
}

export function createSender(parts: number): Sender {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  let waiting = parts;
  let gone = false;

  function settle(): void {
    waiting--;
    if (waiting > 0) return;
    if (failures.length === 0) resolve();
    else reject(failures.length === 1 ? failures[0] : new AggregateError(failures, 'Parts of the batch were refused'));
  }

  return {
    outcome: promise,
    get gone() {
      return gone;
    },
    partAccepted: settle,
    partFailed(error) {
      failures.push(error);
      settle();
    },
    giveUp(reason) {
      gone = true;
      reject(reason);
    },
  };
}

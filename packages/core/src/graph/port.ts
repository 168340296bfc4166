import type { Signal } from '../batch.ts';
import type { AdmittingConsumer } from '../delivery/fanout.ts';
import { PermanentError } from '../errors.ts';

/**
 * Where a component's output goes. The component holds the port for its life, and a reload connects it anew; while it is
 * paused, senders wait.
 */
export interface Port extends AdmittingConsumer {
  connect(consumer: Outlet): void;
  /** Whether it is led on; what is not connected yet takes nothing. */
  takes(signal: Signal): boolean;
  pause(): void;
  resume(): void;
}

/** Where it leads. */
export interface Outlet extends AdmittingConsumer {
  /** Absent: whatever it is given. */
  takes?(signal: Signal): boolean;
}

export function createPort(owner: string): Port {
  let consumer: Outlet | undefined;
  let pause: PromiseWithResolvers<void> | undefined;
  return {
    connect: (next) => void (consumer = next),
    pause: () => void (pause ??= Promise.withResolvers()),
    resume() {
      pause?.resolve();
      pause = undefined;
    },
    takes: (signal) => (consumer ? (consumer.takes?.(signal) ?? true) : false),
    admit: (batch, signal) => (pause ? pause.promise : consumer?.admit?.(batch, signal)),
    async consume(batch, signal) {
      while (pause) await pause.promise;
      if (!consumer) throw new PermanentError(`no pipeline takes what ${owner} sends`);
      await consumer.consume(batch, signal);
    },
  };
}

import type { Clock, Logger } from '../component.ts';
import { describeError, PermanentError } from '../errors.ts';
import { stateLog } from '../state-log.ts';
import type { Node } from './node.ts';

export interface Starting {
  /** Resolves when the component has started, or goes on trying behind; rejects if it can never start as configured. */
  readonly settled: Promise<void>;
  started(): boolean;
  /** Why it has not started yet, where an attempt failed. */
  lastError(): string | undefined;
  /** Gives up trying. */
  cancel(): Promise<void>;
}

/** The rest of the graph does not wait longer for one component. */
const patienceMs = 5_000;
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

/** Our own doing, and so never better by waiting: a port that is taken or forbidden, a config that cannot work here. */
const hopeless = new Set(['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']);

const isHopeless = (error: unknown): boolean =>
  error instanceof PermanentError || hopeless.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Starts a component; an outside reason that keeps it from starting is waited out behind, with backoff. */
export function start(node: Node, { clock, log }: { clock: Clock; log: Logger }): Starting {
  const stop = new AbortController();
  const patience = new AbortController();
  const state = stateLog(log);

  let started = false;
  let lastError: string | undefined;

  async function tryUntilStarted(): Promise<void> {
    for (let wait = firstRetryMs; !stop.signal.aborted; wait = Math.min(wait * 2, lastRetryMs)) {
      try {
        await node.edge?.open();
        await node.component.start?.();
        started = true;
        node.started();
        state.fine(`${node.key} has started.`);
        return;
      } catch (error) {
        lastError = describeError(error);
        if (isHopeless(error)) throw new PermanentError(`${node.key} cannot start: ${describeError(error)}`);
        state.trouble(`${node.key} could not start; trying again while the rest runs.`, error);
        behind.resolve();
        await clock.sleep(wait, stop.signal).catch(() => {});
      }
    }
  }

  const behind = Promise.withResolvers<void>();
  const trying = tryUntilStarted();
  trying.catch((error: unknown) => {
    // Too late to end the start of the whole: say it, and leave the component out.
    if (patience.signal.aborted) log.error({ error: describeError(error) }, 'A component has failed for good.');
  });
  const slow = clock.sleep(patienceMs, patience.signal).then(
    () => log.warn({}, `${node.key} takes long to start; going on without it.`),
    () => {},
  );
  return {
    settled: Promise.race([trying, behind.promise, slow]).finally(() => patience.abort()),
    started: () => started,
    lastError: () => lastError,
    async cancel() {
      stop.abort();
    },
  };
}

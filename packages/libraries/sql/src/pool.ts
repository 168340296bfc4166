import type { Clock } from '@millrace/core';
import type { Connection } from './driver.ts';
import { SqlError } from './error.ts';

export interface PoolOptions {
  connect(signal: AbortSignal): Promise<Connection>;
  readonly maxOpen: number;
  readonly clock: Clock;
  /** Between attempts to connect that fail: it doubles, and each is shortened by chance by up to a half. */
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  /** Of one attempt to connect. */
  readonly connectTimeoutMs: number;
}

export interface Pool {
  /**
   * Lends a connection for one task, and waits for one where all are lent. A connection that the task left broken is not lent
   * again. While the database cannot be reached, fails at once with what the last attempt came to, until the next is due.
   */
  use<T>(task: (connection: Connection) => Promise<T>, signal: AbortSignal): Promise<T>;
  readonly open: number;
  /** Closes those that are not lent, and the others when they come back. */
  close(): Promise<void>;
}

export function createPool({ connect, maxOpen, clock, backoff, connectTimeoutMs }: PoolOptions): Pool {
  const idle: Connection[] = [];
  const waiting = new Set<() => void>();
  const closing = new Set<Promise<void>>();
  const pending = new Set<Promise<Connection>>();
  let open = 0;
  let failures = 0;
  let down: { readonly error: unknown; readonly until: number } | undefined;
  let attempt: Promise<void> | undefined;
  let isClosed = false;
  const closed = new AbortController();

  function discard(connection: Connection): void {
    open--;
    const closed = connection.close().finally(() => closing.delete(closed));
    closing.add(closed);
    wakeOne();
  }

  function wakeOne(): void {
    const [wake] = waiting;
    wake?.();
  }

  async function acquire(signal: AbortSignal): Promise<Connection> {
    for (;;) {
      if (signal.aborted) throw cancelled(signal);
      if (isClosed) throw new SqlError('connection', 'The pool of connections is closed.');
      const connection = idle.pop();
      if (connection && !connection.isBroken) return connection;
      if (connection) {
        discard(connection);
        continue;
      }
      if (down && clock.now() < down.until) throw down.error;
      // While it is not known whether the database is there, one tries, and the others see what comes of it.
      if (failures > 0 && attempt) {
        await orAborted(attempt, signal);
        continue;
      }
      if (open < maxOpen) return connectOne(signal);
      await room(signal);
    }
  }

  /** Who asked may leave before it is there: then it is for the next. */
  async function connectOne(signal: AbortSignal): Promise<Connection> {
    const connecting = connectNew().finally(() => pending.delete(connecting));
    pending.add(connecting);
    try {
      return await orAborted(connecting, signal);
    } catch (error) {
      if (signal.aborted) void connecting.then(giveBack, () => {});
      throw error;
    }
  }

  async function connectNew(): Promise<Connection> {
    open++;
    const done = Promise.withResolvers<void>();
    if (failures > 0) attempt = done.promise;
    const limit = AbortSignal.timeout(connectTimeoutMs);
    try {
      const connection = await connect(AbortSignal.any([closed.signal, limit]));
      failures = 0;
      down = undefined;
      return connection;
    } catch (error) {
      open--;
      wakeOne();
      const wait = Math.min(backoff.initialMs * 2 ** failures, backoff.maxMs);
      failures++;
      const reason = limit.aborted
        ? new SqlError('connection', `There was no connection within ${connectTimeoutMs} ms.`, { cause: error })
        : error;
      down = { error: reason, until: clock.now() + wait * (0.5 + Math.random() / 2) };
      throw reason;
    } finally {
      attempt = undefined;
      done.resolve();
    }
  }

  function giveBack(connection: Connection): void {
    if (connection.isBroken || isClosed) return discard(connection);
    idle.push(connection);
    wakeOne();
  }

  async function room(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(resolve);
    try {
      await orAborted(promise, signal);
    } catch (error) {
      // Who was woken and leaves hands it on.
      if (!waiting.has(resolve)) wakeOne();
      throw error;
    } finally {
      waiting.delete(resolve);
    }
  }

  return {
    get open() {
      return open;
    },
    async use(task, signal) {
      const connection = await acquire(signal);
      try {
        return await task(connection);
      } finally {
        giveBack(connection);
      }
    },
    async close() {
      isClosed = true;
      closed.abort(new Error('closed'));
      for (const connection of idle.splice(0)) discard(connection);
      for (const wake of waiting) wake();
      await Promise.allSettled(pending);
      await Promise.all(closing);
    },
  };
}

const cancelled = (signal: AbortSignal): SqlError =>
  new SqlError('cancelled', 'There was no connection in time.', { cause: signal.reason });

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(cancelled(signal));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

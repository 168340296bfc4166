import type { Meter } from '@opentelemetry/api';
import type { Batch } from './batch.ts';

export interface Consumer {
  /**
   * Resolves once the next owner has the batch. Rejects if it has not: the caller still owns the batch. The rejection says
   * what to do: `PermanentError` never to try this batch again, `ThrottleError` to wait that long, anything else to retry.
   */
  consume(batch: Batch, signal?: AbortSignal): Promise<void>;
}

export interface Component {
  /**
   * Resolves when ready to work. A rejection for an outside reason (a server that is down) is tried again with backoff
   * while the rest runs; one for a reason of our own (`PermanentError`, a port taken) ends the start of the whole.
   */
  start?(): Promise<void>;
  /** The config was read again and this component's part is the same: look anew at files that it names. */
  reload?(): Promise<void>;
  /** Stops intake, then flushes what is held, within the signal's deadline. Safe without start, and twice. */
  shutdown?(signal: AbortSignal): Promise<void>;
}

/** What the host gives a component, already bound to its id. */
export interface Context {
  /** As in the config: `type` or `type/name`. */
  readonly id: string;
  readonly log: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly storage: Storage;
}

/** Messages are sentences; what varies is a field. A pino logger is one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Small state that outlives a restart: offsets, cursors, last counts. */
export interface Storage {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
}

import type { Meter } from '@opentelemetry/api';
import type { Batch, Signal } from './batch.ts';
import type { CommandDeclaration } from './definition.ts';

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
  /**
   * Answers a command that its definition declares, with a value that JSON can carry; a bigint goes as a decimal string. The
   * arguments have been checked, and have their defaults.
   */
  command?(call: CommandCall): Promise<unknown>;
  /** Of an exporter: how many items of a batch that it could not deliver are not delivered. Without it: all. */
  undelivered?(batch: Batch): number;
  /** Stops intake, then flushes what is held, within the signal's deadline. Safe without start, and twice. */
  shutdown?(signal: AbortSignal): Promise<void>;
}

export interface CommandCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What an extension can do for components whose config names it. Its definition says which of these it `provides`. */
export interface Extension extends Component {
  /** `server_auth`: for a server. Rejects with a PermanentError unless a request with these headers may come in. */
  authenticate?(headers: Headers): Promise<void> | void;
  /** `client_auth`: for a client. The headers that show who it is; asked for at every request. */
  credentials?(): Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** `admission`: for a server, before it reads a request of so many bytes. Throws a RefusedError where there is no room. */
  admit?(bytes: number): void;
  /** `storage`: the batches of one exporter, kept on disk. The name is the component's place and its signal. */
  openBatches?(name: string): Promise<StoredBatches>;
  /** `storage`: the state of one component, kept on disk. The name is its place. The same for the same name. */
  openState?(name: string): Promise<Storage>;
  /** `reports`: takes a batch into its cache; resolves when it is there. */
  report?(batch: Batch): Promise<void>;
}

/** Headers as `node:http` gives them, their names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Batches on disk, in the order in which they came. */
export interface StoredBatches {
  /** What is held and not done with. */
  readonly size: { readonly batches: number; readonly items: number; readonly bytes: number };
  /** On disk once it resolves. A RefusedError where there is no room. */
  append(batch: Batch): Promise<void>;
  /** The next that has not been read since it was opened; undefined if there is none now. */
  read(): Promise<StoredBatch | undefined>;
  /** What was read and is not done comes again when it is opened the next time. */
  close(): Promise<void>;
}

export interface StoredBatch {
  readonly batch: Batch;
  /** It has been delivered, or given up: it need not be kept. */
  done(): void;
}

/** What the host gives a component, already bound to its id. */
export interface Context {
  /** As in the config: `type` or `type/name`. */
  readonly id: string;
  readonly log: Logger;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly storage: Storage;
  /** Which copy this is of how many (`service.workers`), from 0. */
  readonly copy: { readonly index: number; readonly count: number };
  /** The extension of this id, which the config names under a key of `format: 'extension'`. */
  extension(id: string): Extension;
}

/** What the host gives a receiver besides. */
export interface ReceiverContext extends Context {
  /** Whether a pipeline takes this signal from it; what none takes need not be made. A reload may change it. */
  wants(signal: Signal): boolean;
}

/** What the host gives an extension besides: how the whole does, and what can be asked of its receivers. */
export interface ExtensionContext extends Context {
  status(): CollectorStatus;
  readonly commands: Commands;
}

/** The commands of all receivers that run. */
export interface Commands {
  list(): readonly OfferedCommand[];
  /** Rejects with a PermanentError that says what is allowed where there is no such receiver, command or argument. */
  call(call: Omit<CommandCall, 'name'> & { readonly receiver: string; readonly command: string }): Promise<unknown>;
}

export interface OfferedCommand extends CommandDeclaration {
  /** As in the config: `type` or `type/name`. */
  readonly receiver: string;
  readonly name: string;
}

export interface CollectorStatus {
  /** Every component has started. */
  readonly ready: boolean;
  /** Places in the graph (`exporter/otlp`) of what has not started yet, and why where that is known. */
  readonly starting: ReadonlyMap<string, string>;
  readonly exporters: ReadonlyMap<string, ExporterStatus>;
}

/** Times are milliseconds since the epoch. */
export interface ExporterStatus {
  readonly lastSuccess: number | undefined;
  /** Since when every attempt has failed; undefined while they succeed. */
  readonly failingSince: number | undefined;
  readonly lastError: string | undefined;
  /** In the units of `queue_size`; undefined without a queue. */
  readonly queue: { readonly size: number; readonly capacity: number } | undefined;
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

/**
 * Small state: offsets, cursors, last counts. It outlives a restart where the component's config names an extension for it,
 * under a key `storage` of `format: 'extension', provides: 'storage'`; otherwise it ends with the process. What is set is on
 * disk once `set` resolves.
 */
export interface Storage {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
}

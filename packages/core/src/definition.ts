import type { Component, Consumer, Context, Extension, ExtensionContext, ReceiverContext } from './component.ts';
import type { AnyValue, Attributes, Signal } from './batch.ts';
import type { AdmittingConsumer } from './delivery/fanout.ts';
import type { ConfigOf, ConfigSchema } from './schema.ts';

/** What is wrong with a config that its schema cannot say; `path` leads to the key, from the component's own config. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Something that can be asked of a receiver while it runs: by `millrace ask`, or through a service. */
export interface CommandDeclaration {
  /** One sentence. */
  readonly description: string;
  /** What can be said with it. Nothing without. */
  readonly arguments?: ConfigSchema;
  /** It changes something outside; otherwise it only reads. */
  readonly changes?: boolean;
}

export type CommandDeclarations = Readonly<Record<string, CommandDeclaration>>;

/** What `millrace doctor` found out about the place where a component is to run. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'error';
  /** A sentence: what is so. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

interface Definition<Kind extends string, in out S extends ConfigSchema> {
  readonly kind: Kind;
  /** lower_snake_case: the key users write. */
  readonly type: string;
  /** Other names under which a config may use it: the collector's, where they differ. */
  readonly aliases?: readonly string[];
  /** One sentence. */
  readonly description: string;
  readonly config: S;
  /** Checks what spans several keys. Called with a config that satisfies the schema, before anything is created. */
  check?(config: NoInfer<ConfigOf<S>>): readonly Problem[];
  /** Looks whether the component could work here: permissions, kernel features, ports, servers. Changes nothing. */
  diagnose?(config: NoInfer<ConfigOf<S>>): Promise<readonly Finding[]>;
}

/**
 * True: several copies may run side by side in threads of their own (`service.workers`), each given a part of the data. It
 * keeps nothing from one batch for the next that belongs to a series; a receiver shares its port with its copies.
 */
type Parallel = boolean;

export interface ReceiverDefinition<in out S extends ConfigSchema = ConfigSchema> extends Definition<'receiver', S> {
  readonly signals: readonly Signal[];
  readonly parallel?: Parallel;
  /** By name, lower_snake_case; its component has `command`. */
  readonly commands?: CommandDeclarations;
  create(config: NoInfer<ConfigOf<S>>, context: ReceiverContext, next: Consumer): Component;
}

export interface ProcessorDefinition<in out S extends ConfigSchema = ConfigSchema> extends Definition<'processor', S> {
  readonly signals: readonly Signal[];
  readonly parallel?: Parallel;
  create(config: NoInfer<ConfigOf<S>>, context: Context, next: Consumer): Component & Consumer;
}

export interface ExporterDefinition<in out S extends ConfigSchema = ConfigSchema> extends Definition<'exporter', S> {
  readonly signals: readonly Signal[];
  readonly parallel?: Parallel;
  /**
   * `queued` (the default): behind a queue, with retry and a timeout, each with the collector's defaults. `direct`: called
   * by the pipeline itself unless the user configures a queue; for exporters that only keep what they are given.
   */
  readonly delivery?: 'queued' | 'direct';
  /** The default of the reserved key `timeout`, a duration. Default: 5s; of a direct exporter, none. */
  readonly timeout?: string;
  create(config: NoInfer<ConfigOf<S>>, context: Context): Component & Consumer;
}

/** Ends some pipelines and begins others; `nexts` are those that begin, by pipeline id. */
export interface ConnectorDefinition<in out S extends ConfigSchema = ConfigSchema> extends Definition<'connector', S> {
  /** Which signals it takes, and which it gives for each. */
  readonly signals: Readonly<Partial<Record<Signal, readonly Signal[]>>>;
  readonly parallel?: Parallel;
  create(
    config: NoInfer<ConfigOf<S>>,
    context: Context,
    nexts: ReadonlyMap<string, AdmittingConsumer>,
  ): Component & AdmittingConsumer;
}

/** What components can be given by an extension that their config names. */
export type Capability = 'server_auth' | 'client_auth' | 'admission' | 'storage' | 'reports';

export interface ExtensionDefinition<in out S extends ConfigSchema = ConfigSchema> extends Definition<'extension', S> {
  /** What of `Extension` its instances have. */
  readonly provides?: readonly Capability[];
  create(config: NoInfer<ConfigOf<S>>, context: ExtensionContext): Extension;
}

export interface MetricDeclaration {
  readonly kind: 'gauge' | 'counter' | 'up_down_counter';
  /** A UCUM code: `By`, `s`, `1`, `{process}`. */
  readonly unit: string;
  readonly description: string;
  /** How values are carried: `int` unless said otherwise for counts and bytes, `double` for seconds and ratios. */
  readonly valueType: 'int' | 'double';
  /** The attributes of its points, each with what it means; the README's table prints them. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** False: collected only where the config's `metrics` asks for it. */
  readonly enabled?: boolean;
}

export type Metrics = Readonly<Record<string, MetricDeclaration>>;

/** What a scrape covers: a process, a container, a database node. Becomes an OTLP resource. */
export interface Entity<M extends Metrics> {
  /** `undefined` as a value records nothing: what is not known is absent. */
  record(metric: keyof M & string, value: number | bigint | undefined, attributes?: Attributes): void;
}

/** One pass over the source. Every point of it carries the same time. */
export interface Scrape<M extends Metrics> {
  /** Milliseconds since the epoch: the time of this scrape's points. */
  readonly time: number;
  /** How long it may take. What has been recorded when its time is up is told all the same. */
  readonly timeoutMs: number;
  /** Aborted when the scrape's time is up. */
  readonly signal: AbortSignal;
  /** Whether the metric is enabled: ask before reading what costs something. */
  wants(metric: keyof M & string): boolean;
  /**
   * The entity with these identifying attributes. Pass the same object from scrape to scrape for the same entity, and
   * nothing derived from it is computed again. An entity that was there is gone at the next scrape that does not name it:
   * its series end.
   *
   * `startTime` (milliseconds since the epoch) is when its counters began; without it, when it was first seen. Another one
   * than before says that they began anew.
   */
  entity(attributes: Attributes, options?: { readonly startTime?: number | undefined }): Entity<M>;
  /**
   * Hands on a log record, of what has these attributes: an entity's, or none. For definitions with `logs`. A record that no
   * pipeline takes is left out; one that is refused goes with those of the next scrape.
   */
  log(record: ScrapedLog, of?: Attributes): void;
  /** Reports what could not be read, and goes on with the rest. */
  fail(error: unknown): void;
}

export interface ScrapedLog {
  readonly body: AnyValue;
  /** When it happened, in milliseconds since the epoch; absent if the source does not say. */
  readonly time?: number | undefined;
  /** OTLP's SeverityNumber, 1 to 24. */
  readonly severityNumber?: number | undefined;
  readonly severityText?: string | undefined;
  readonly eventName?: string | undefined;
  readonly attributes?: Attributes | undefined;
}

export interface ScraperInstance<M extends Metrics> extends Component {
  scrape(run: Scrape<M>): Promise<void>;
}

/** A pull receiver: the host calls `scrape` at every `collection_interval`. Its instance is an SDK `MetricProducer` too. */
export interface ScraperDefinition<in out S extends ConfigSchema = ConfigSchema, M extends Metrics = Metrics>
  extends Definition<'scraper', S> {
  readonly metrics: M;
  /** It gives log records too: `run.log`. */
  readonly logs?: boolean;
  /** By name, lower_snake_case; its instance has `command`. */
  readonly commands?: CommandDeclarations;
  /** The default of the reserved key `collection_interval`, a duration. Default: 1m. */
  readonly collectionInterval?: string;
  /** The default of the reserved key `timeout`, a duration. Default: as long as the interval. */
  readonly timeout?: string;
  create(config: NoInfer<ConfigOf<S>>, context: Context): ScraperInstance<M>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a definition of any config: `create`'s parameter is contravariant.
type Any = any;

export type AnyDefinition =
  | ReceiverDefinition<Any>
  | ProcessorDefinition<Any>
  | ExporterDefinition<Any>
  | ConnectorDefinition<Any>
  | ExtensionDefinition<Any>
  | AnyScraper;

export type AnyScraper<M extends Metrics = Metrics> = ScraperDefinition<Any, M>;

type Draft<D> = Omit<D, 'kind'>;

export const defineReceiver = <const S extends ConfigSchema>(
  draft: Draft<ReceiverDefinition<S>>,
): ReceiverDefinition<S> => ({ kind: 'receiver', ...draft });
export const defineProcessor = <const S extends ConfigSchema>(
  draft: Draft<ProcessorDefinition<S>>,
): ProcessorDefinition<S> => ({ kind: 'processor', ...draft });
export const defineExporter = <const S extends ConfigSchema>(
  draft: Draft<ExporterDefinition<S>>,
): ExporterDefinition<S> => ({ kind: 'exporter', ...draft });
export const defineConnector = <const S extends ConfigSchema>(
  draft: Draft<ConnectorDefinition<S>>,
): ConnectorDefinition<S> => ({ kind: 'connector', ...draft });
export const defineExtension = <const S extends ConfigSchema>(
  draft: Draft<ExtensionDefinition<S>>,
): ExtensionDefinition<S> => ({ kind: 'extension', ...draft });
export const defineScraper = <const S extends ConfigSchema, const M extends Metrics>(
  draft: Draft<ScraperDefinition<S, M>>,
): ScraperDefinition<S, M> => ({ kind: 'scraper', ...draft });

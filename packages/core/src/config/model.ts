import type { Signal } from '../batch.ts';
import type {
  AnyDefinition,
  ConnectorDefinition,
  ExporterDefinition,
  ExtensionDefinition,
  ProcessorDefinition,
  ReceiverDefinition,
  ScraperDefinition,
} from '../definition.ts';
import type { MetricSettings } from '../scraper.ts';

export type Kind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension';

/** One configured component: its definition, and its config checked, with defaults filled in and units converted. */
export interface Configured<D extends AnyDefinition = AnyDefinition, Host = object> {
  /** `type` or `type/name`. */
  readonly id: string;
  readonly definition: D;
  /** What `create` receives. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The host's reserved keys, resolved likewise. */
  readonly host: Host;
  /** The extensions that either names. */
  readonly extensions: readonly string[];
}

/** The reserved keys of scrapers. Milliseconds. */
export interface ScraperHost {
  readonly collection_interval: number;
  readonly initial_delay: number;
  /** 0: as long as the interval. */
  readonly timeout: number;
  readonly metrics: MetricSettings;
}

/** The reserved keys of exporters: the collector's keys and defaults (exporterhelper). Milliseconds and bytes. */
export interface ExporterHost {
  /** 0: none. */
  readonly timeout: number;
  readonly sending_queue: QueueConfig;
  readonly retry_on_failure: RetryConfig;
}

export interface QueueConfig {
  readonly enabled: boolean;
  readonly num_consumers: number;
  readonly queue_size: number;
  readonly sizer: 'requests' | 'items' | 'bytes';
  /** A second bound that always holds, in bytes. */
  readonly max_bytes: number;
  readonly block_on_overflow: boolean;
  /** The extension that keeps on disk what it holds. */
  readonly storage?: string;
  readonly batch?: QueueBatchConfig;
}

/** How what waits is gathered before it is sent: the collector's keys. */
export interface QueueBatchConfig {
  readonly flush_timeout: number;
  readonly min_size: number;
  /** 0: no limit. */
  readonly max_size: number;
  readonly sizer: 'items' | 'bytes';
  readonly partition: { readonly metadata_keys: readonly string[] };
}

export interface RetryConfig {
  readonly enabled: boolean;
  readonly initial_interval: number;
  readonly max_interval: number;
  /** 0: for ever. */
  readonly max_elapsed_time: number;
  readonly multiplier: number;
  readonly randomization_factor: number;
}

export interface PipelineConfig {
  /** `signal` or `signal/name`. */
  readonly id: string;
  readonly signal: Signal;
  /** Ids of receivers and connectors. */
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  /** Ids of exporters and connectors. */
  readonly exporters: readonly string[];
}

/** `service.telemetry`. */
export interface TelemetryConfig {
  readonly logs: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly encoding: 'console' | 'json' };
  readonly metrics: {
    readonly level: 'none' | 'basic' | 'normal' | 'detailed';
    /** Undefined where the config says nothing of it: the program then serves them on localhost:8888. */
    readonly readers: readonly MetricReaderConfig[] | undefined;
  };
  readonly resource: Readonly<Record<string, string>>;
  /** Milliseconds that a shutdown may take to deliver what is held. */
  readonly shutdown_timeout: number;
}

/** The collector's shape of `service.telemetry.metrics.readers`. */
export type MetricReaderConfig =
  | { readonly pull: { readonly exporter: { readonly prometheus: { readonly host: string; readonly port: number } } } }
  | {
      readonly periodic: {
        /** Milliseconds. */
        readonly interval: number;
        readonly timeout: number;
        readonly exporter: {
          readonly otlp: {
            readonly protocol: 'grpc';
            readonly endpoint: string;
            readonly headers?: Readonly<Record<string, string>>;
          };
        };
      };
    };

/** A config of which everything has been checked: what the graph is built from. */
export interface CheckedConfig {
  readonly receivers: ReadonlyMap<string, Configured<ReceiverDefinition> | Configured<ScraperDefinition, ScraperHost>>;
  readonly processors: ReadonlyMap<string, Configured<ProcessorDefinition>>;
  readonly exporters: ReadonlyMap<string, Configured<ExporterDefinition, ExporterHost>>;
  readonly connectors: ReadonlyMap<string, Configured<ConnectorDefinition>>;
  readonly extensions: ReadonlyMap<string, Configured<ExtensionDefinition>>;
  readonly pipelines: ReadonlyMap<string, PipelineConfig>;
  readonly telemetry: TelemetryConfig;
  /** `service.workers`. */
  readonly workers: number;
  /** The files it was read from, `${file:…}` included: what `--watch` watches. */
  readonly files: readonly string[];
  /** What is allowed and yet likely a mistake: a component that no pipeline uses. */
  readonly warnings: readonly string[];
}

import { createNoopMeter, type MeterProvider } from '@opentelemetry/api';
import { dirname, resolve } from 'node:path';
import type { Batch } from './batch.ts';
import type { Clock, CollectorStatus, Commands, Logger, Storage } from './component.ts';
import { checkConfig, type LoadOptions, loadConfig, type RawConfig, rawConfig } from './config/index.ts';
import type { CheckedConfig } from './config/model.ts';
import { parallelPart } from './config/workers.ts';
import type { AnyDefinition } from './definition.ts';
import { createGraph, type Graph } from './graph/graph.ts';
import { createLogger, withFields } from './log.ts';
import { createPlugins } from './plugins.ts';
import { createPushHandle } from './push.ts';
import { memoryStorage, noExtension, systemClock } from './standalone.ts';

/** A path or glob, several of them, or the config itself as an object. */
export type ConfigInput = string | readonly string[] | Readonly<Record<string, unknown>>;

export interface CollectorOptions extends LoadOptions {
  /** Definitions at hand without being installed: your own, imported ones. */
  readonly components?: readonly AnyDefinition[];
  /** Folders from which installed components are looked up besides the working directory. */
  readonly folders?: readonly string[];
  /** Default: warnings and errors to stderr. */
  readonly log?: Logger;
  /** Where the collector's own metrics go. Default: nowhere. */
  readonly meterProvider?: MeterProvider;
  readonly clock?: Clock;
  /** The storage of a component, by its place in the graph (`receiver/file_log`). Default: in memory. */
  readonly storage?: (component: string) => Storage;
  /** Which of `service.workers` copies this is: the first, 0, runs everything, the others what can be copied. */
  readonly copy?: number;
  /** Of the other copies: what the status says is that of all. */
  readonly others?: () => readonly CollectorStatus[];
  /** What `load` made of the same input, if it has been called already. */
  readonly loaded?: CheckedConfig;
  /** `manual`: receivers that poll do so only at `scrapeOnce`. */
  readonly polling?: 'interval' | 'manual';
}

/** Pipelines in this process. Has no global state: several can run side by side. */
export interface Collector {
  /** The config that runs, or would. */
  readonly config: CheckedConfig;
  /** Rejects, with nothing left running, if a component can never start as configured. */
  start(): Promise<void>;
  /** Reads the config again, or takes this one. Rejects and leaves what runs as it is if the new one cannot be. */
  reload(config?: ConfigInput): Promise<void>;
  /** Scrapes every polling receiver once, after its initial delay; resolves when the pipelines have it all. */
  scrapeOnce(): Promise<void>;
  /** Hands a batch to the `push` receiver (or `push/name`) of the config. */
  push(batch: Batch, receiver?: string): Promise<void>;
  /** What has started, and how the exporters do. */
  status(): CollectorStatus;
  /** What can be asked of the receivers that run. */
  readonly commands: Commands;
  /** Delivers what is held, within `service.shutdown_timeout` or until the signal aborts, and stops everything. */
  shutdown(signal?: AbortSignal): Promise<void>;
}

/** Reads and checks a config; nothing is started. Rejects with a `ConfigError` that says everything that is wrong with it. */
export async function createCollector(input: ConfigInput, options: CollectorOptions = {}): Promise<Collector> {
  const { clock = systemClock, meterProvider, polling = 'interval', copy = 0, others = () => [] } = options;
  const log =
    options.log ??
    createLogger({ level: 'warn', encoding: 'console', write: (line) => void process.stderr.write(`${line}\n`) });
  const storage = options.storage ?? (() => memoryStorage());
  const handle = createPushHandle();
  const meter = meterProvider?.getMeter('millrace') ?? createNoopMeter();

  let source = input;
  const read = (next: ConfigInput): Promise<CheckedConfig> =>
    load(next, { ...options, components: [...(options.components ?? []), handle.definition] });
  let config = options.loaded ?? (await read(source));
  const graph: Graph = createGraph(
    (kind, id) => ({
      id,
      log: withFields(log, { [kind]: id }),
      meter,
      clock,
      storage: storage(`${kind}/${id}`),
      copy: { index: copy, count: copies },
      extension: noExtension, // the plan knows them
      status,
      commands: askable,
      polling,
    }),
    { clock, log },
  );
  const copies = config.workers; // a reload that says otherwise comes with the next start
  const ofCopy = (whole: CheckedConfig): CheckedConfig => (copy === 0 ? whole : parallelPart(whole).config);
  const status = (): CollectorStatus => joinStatus([graph.status(), ...others()]);
  const askable: Commands = {
    list: () => graph.commands.list(),
    call: (call) => graph.commands.call(call),
  };
  let state: 'new' | 'running' | 'stopped' = 'new';
  let change: Promise<void> = Promise.resolve();
  /** One change at a time. */
  const inTurn = (work: () => Promise<void>): Promise<void> => (change = change.catch(() => {}).then(work));

  return {
    get config() {
      return config;
    },
    start: () =>
      inTurn(async () => {
        if (state !== 'new') throw new Error('The collector has been started before: make another.');
        state = 'running';
        await graph.apply(ofCopy(config));
      }),
    reload: (next = source) =>
      inTurn(async () => {
        const loaded = await read(next);
        const before = config;
        config = loaded;
        try {
          if (state === 'running') await graph.apply(ofCopy(loaded));
        } catch (error) {
          config = before;
          throw error;
        }
        source = next;
      }),
    async scrapeOnce() {
      const pollers = [...graph.nodes.values()].flatMap(({ poller }) => (poller ? [poller] : []));
      const errors: unknown[] = [];
      await Promise.all(
        pollers.map(async (poller) => {
          await clock.sleep(poller.initialDelayMs);
          await poller.scrapeOnce(new AbortController().signal).catch((error: unknown) => errors.push(error));
        }),
      );
      if (errors.length > 0) throw new AggregateError(errors, 'not everything was taken');
    },
    status,
    commands: askable,
    push: (batch, receiver = 'push') => handle.push(batch, receiver),
    shutdown: (signal) =>
      inTurn(async () => {
        if (state !== 'running') return;
        state = 'stopped';
        const deadline = AbortSignal.timeout(config.telemetry.shutdown_timeout);
        await graph.shutdown(signal ? AbortSignal.any([signal, deadline]) : deadline);
      }),
  };
}

/** The first copy speaks under the components' own places, the others under theirs with `@1` and so on. */
function joinStatus([first, ...others]: readonly CollectorStatus[]): CollectorStatus {
  const rename = <T>(own: ReadonlyMap<string, T>, index: number): (readonly [string, T])[] =>
    [...own].map(([place, one]) => [`${place}@${index + 1}`, one]);
  return {
    ready: first!.ready && others.every(({ ready }) => ready),
    starting: new Map([...first!.starting, ...others.flatMap(({ starting }, index) => rename(starting, index))]),
    exporters: new Map([...first!.exporters, ...others.flatMap(({ exporters }, index) => rename(exporters, index))]),
  };
}

/** What a config means with what is installed. */
export async function load(input: ConfigInput, options: CollectorOptions): Promise<CheckedConfig> {
  const raw = await readInput(input, options);
  return checkConfig(raw, await pluginsFor(raw, options));
}

const readInput = async (input: ConfigInput, options: CollectorOptions): Promise<RawConfig> =>
  typeof input === 'string' || Array.isArray(input)
    ? loadConfig(typeof input === 'string' ? [input] : (input as readonly string[]), options)
    : rawConfig(input);

/** The components that a config can use: those beside its file, in the working directory, and in the folders given. */
export function pluginsFor(raw: RawConfig, { components = [], folders = [], cwd = process.cwd() }: CollectorOptions) {
  const { plugins } = raw.value as { plugins?: readonly string[] };
  const beside = raw.files[0] === undefined ? [] : [dirname(resolve(cwd, raw.files[0]))];
  return createPlugins({
    components,
    plugins: Array.isArray(plugins) ? plugins : [],
    folders: [...beside, cwd, ...folders],
  });
}

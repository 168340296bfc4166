/**
 * The data that flows. A batch is immutable and shared freely between consumers: to change one, build another that shares
 * what did not change.
 *
 * Metrics have the shape of `@opentelemetry/sdk-metrics`' types, so what an SDK collects is a batch as it stands (see
 * `fromSdk`). They are widened by what OTLP has and the SDK lacks: summaries, exemplars, flags, bigint, any-values.
 *
 * A batch may still be bytes (`encodedBatch`), or several batches in one (`mergeBatches`). Its resources are then getters,
 * decoded at the first look and at most once. So do not look where data is only passed on: ask `itemCount`, `byteSize`,
 * `splitByResource` and `mapResources`, which know better.
 */
import type { Resource } from './data/common.ts';
import type { ResourceLogs } from './data/logs.ts';
import type { ResourceMetrics } from './data/metrics.ts';
import type { ResourceSpans } from './data/traces.ts';

export * from './data/common.ts';
export * from './data/logs.ts';
export * from './data/metrics.ts';
export * from './data/traces.ts';

/** What the request that brought a batch said besides: its headers, with names in lower case. */
export type Metadata = { readonly [name: string]: readonly string[] };

interface BatchOf<S extends string> {
  readonly signal: S;
  /** Only where a receiver was told to include it. Who builds a batch out of another passes it on. */
  readonly metadata?: Metadata | undefined;
}

export interface MetricsBatch extends BatchOf<'metrics'> {
  readonly resourceMetrics: readonly ResourceMetrics[];
}

export interface LogsBatch extends BatchOf<'logs'> {
  readonly resourceLogs: readonly ResourceLogs[];
}

export interface TracesBatch extends BatchOf<'traces'> {
  readonly resourceSpans: readonly ResourceSpans[];
}

/** Passed on as it came: an ExportProfilesServiceRequest, whose dictionary forbids to take it apart or to merge it. */
export interface ProfilesBatch extends BatchOf<'profiles'> {
  readonly request: Uint8Array;
}

export type Batch = MetricsBatch | LogsBatch | TracesBatch | ProfilesBatch;
export type Signal = Batch['signal'];
export const signals: readonly Signal[] = ['metrics', 'logs', 'traces', 'profiles'];

/** The batches that are resources with items: all but profiles. */
export type ResourceBatch = Exclude<Batch, ProfilesBatch>;
type ResourceSignal = ResourceBatch['signal'];
export type ResourcesOf = {
  readonly metrics: readonly ResourceMetrics[];
  readonly logs: readonly ResourceLogs[];
  readonly traces: readonly ResourceSpans[];
};

export const metricsBatch = (resourceMetrics: readonly ResourceMetrics[], metadata?: Metadata): MetricsBatch => ({
  signal: 'metrics',
  resourceMetrics,
  ...(metadata && { metadata }),
});

export const logsBatch = (resourceLogs: readonly ResourceLogs[], metadata?: Metadata): LogsBatch => ({
  signal: 'logs',
  resourceLogs,
  ...(metadata && { metadata }),
});

export const tracesBatch = (resourceSpans: readonly ResourceSpans[], metadata?: Metadata): TracesBatch => ({
  signal: 'traces',
  resourceSpans,
  ...(metadata && { metadata }),
});

/** `samples`: how many it holds. */
export function profilesBatch(request: Uint8Array, samples: number, metadata?: Metadata): ProfilesBatch {
  const batch: ProfilesBatch = { signal: 'profiles', request, ...(metadata && { metadata }) };
  facts.set(batch, { items: samples, bytes: request.length });
  return batch;
}

/** A part of a batch that has one resource. */
export interface ResourcePart {
  /** May be decoded when asked for. */
  readonly resource: Resource;
  readonly batch: ResourceBatch;
}

/** What a codec knows of a batch of one signal that it has not decoded. */
export interface Encoded<S extends ResourceSignal> {
  readonly items: number;
  /** The encoded size. */
  readonly bytes: number;
  /** Called at the first look, once. */
  decode(): ResourcesOf[S];
  /** A batch for each resource, in their order, nothing below the resource decoded. */
  split(): readonly ResourcePart[];
  /** The same batch with other resources, nothing below them decoded. Undefined where no resource changed. */
  mapResources(change: (resource: Resource) => Resource): ResourceBatch | undefined;
}

/** What is known of a batch besides its resources. */
interface Facts {
  readonly items: number;
  bytes?: number;
  readonly encoded?: Encoded<ResourceSignal>;
  readonly parts?: readonly Batch[];
}

/** Of batches that are only what their makers put into them. */
const facts = new WeakMap<Batch, Facts>();

/** A batch whose resources are there when someone looks. A gateway makes thousands a second: a WeakMap of them would cost more. */
class LazyBatch<S extends ResourceSignal> {
  readonly signal: S;
  declare readonly metadata?: Metadata;
  readonly #facts: Facts;
  #load: (() => readonly unknown[]) | undefined;
  #loaded: readonly unknown[] = [];

  constructor(signal: S, known: Facts, load: () => readonly unknown[], metadata: Metadata | undefined) {
    this.signal = signal;
    this.#facts = known;
    this.#load = load;
    if (metadata) this.metadata = metadata;
    // Its own, as other batches have them, so that `{ ...batch }` is a batch too.
    Object.defineProperty(this, resourcesKey[signal], resourcesAccessor);
  }

  static facts(batch: Batch): Facts | undefined {
    return #facts in batch ? (batch as unknown as LazyBatch<ResourceSignal>).#facts : facts.get(batch);
  }

  resources(): readonly unknown[] {
    if (this.#load) {
      this.#loaded = this.#load();
      this.#load = undefined;
    }
    return this.#loaded;
  }
}

const resourcesKey = { metrics: 'resourceMetrics', logs: 'resourceLogs', traces: 'resourceSpans' } as const;
const resourcesAccessor = {
  enumerable: true,
  get(this: LazyBatch<ResourceSignal>): readonly unknown[] {
    return this.resources();
  },
};

function factsOf(batch: Batch): Facts {
  let known = LazyBatch.facts(batch);
  if (!known) {
    known = { items: countItems(batch) };
    facts.set(batch, known);
  }
  return known;
}

/** A batch that is bytes until someone looks at its resources. */
export const encodedBatch = <S extends ResourceSignal>(
  signal: S,
  encoded: Encoded<S>,
  metadata?: Metadata,
): Extract<Batch, { signal: S }> => {
  const known = { items: encoded.items, bytes: encoded.bytes, encoded };
  return new LazyBatch(signal, known, () => encoded.decode(), metadata) as unknown as Extract<Batch, { signal: S }>;
};

/** What `encodedBatch` was given; undefined for other batches. */
export const encodedOf = (batch: Batch): Encoded<ResourceSignal> | undefined => LazyBatch.facts(batch)?.encoded;

/** The resources of a batch, whatever its signal. Decodes it. */
export function resourcesOf<B extends ResourceBatch>(batch: B): ResourcesOf[B['signal']] {
  return (batch as unknown as Record<string, unknown>)[resourcesKey[batch.signal]] as ResourcesOf[B['signal']];
}

/** A batch of the signal, with these resources. */
export const batchOf = <S extends ResourceSignal>(
  signal: S,
  resources: ResourcesOf[S],
  metadata?: Metadata,
): Extract<Batch, { signal: S }> =>
  ({ signal, [resourcesKey[signal]]: resources, ...(metadata && { metadata }) }) as unknown as Extract<
    Batch,
    { signal: S }
  >;

/** Data points, log records, spans or samples of profiles: what self-telemetry calls items. Counted once a batch. */
export const itemCount = (batch: Batch): number => factsOf(batch).items;

function countItems(batch: Batch): number {
  let items = 0;
  switch (batch.signal) {
    case 'metrics':
      for (const { scopeMetrics } of batch.resourceMetrics)
        for (const { metrics } of scopeMetrics) for (const metric of metrics) items += metric.dataPoints.length;
      return items;
    case 'logs':
      for (const { scopeLogs } of batch.resourceLogs)
        for (const { logRecords } of scopeLogs) items += logRecords.length;
      return items;
    case 'traces':
      for (const { scopeSpans } of batch.resourceSpans) for (const { spans } of scopeSpans) items += spans.length;
      return items;
    case 'profiles':
      throw new TypeError('A batch of profiles is made by profilesBatch, which is told its samples.');
  }
}

/** What an item of a batch of objects is taken to weigh, for the bounds of queues: about an OTLP point with six attributes. */
const bytesPerItem = 220;

/** The size that bounds in bytes count: the encoded size where it is known, an estimate where not. */
export function byteSize(batch: Batch): number {
  const known = factsOf(batch);
  return (known.bytes ??= known.items * bytesPerItem);
}

/** What a batch was merged from, in their order; the batch itself if it was not. Its seams are where parts meet. */
export const partsOf = (batch: Batch): readonly Batch[] => LazyBatch.facts(batch)?.parts ?? [batch];

/**
 * One batch with the resources of all, in their order, that knows its parts. They must be of one signal, which is not
 * profiles, and at least one. Metadata stays where it is the same in all, unless it is given.
 */
export function mergeBatches(batches: readonly Batch[], given?: Metadata): Batch {
  const [first] = batches;
  if (!first) throw new RangeError('There is nothing to merge.');
  if (batches.length === 1) return first;
  if (first.signal === 'profiles') throw new TypeError('Profiles cannot be merged: each has a dictionary of its own.');
  const parts = batches.flatMap(partsOf);
  const metadata = given ?? (batches.every((batch) => batch.metadata === first.metadata) ? first.metadata : undefined);
  const load = (): readonly unknown[] =>
    parts.flatMap((part) => resourcesOf(part as ResourceBatch) as readonly unknown[]);
  let [items, bytes] = [0, 0];
  for (const part of parts) {
    items += itemCount(part);
    bytes += byteSize(part);
  }
  return new LazyBatch(first.signal, { items, bytes, parts }, load, metadata) as unknown as Batch;
}

/** Whether it is only what its maker put into it: neither encoded nor merged. */
export const isPlain = (batch: Batch): boolean => {
  const known = LazyBatch.facts(batch);
  return !known?.encoded && !known?.parts;
};

/** A batch for each resource. What is still encoded stays so. */
export function splitByResource(batch: ResourceBatch): readonly ResourcePart[] {
  const known = LazyBatch.facts(batch);
  if (known?.parts) return known.parts.flatMap((part) => splitByResource(part as ResourceBatch));
  if (known?.encoded) return known.encoded.split();
  const { signal, metadata } = batch;
  return (resourcesOf(batch) as readonly { readonly resource: Resource }[]).map((one) => ({
    resource: one.resource,
    batch: batchOf(signal, [one] as never, metadata) as ResourceBatch,
  }));
}

/**
 * The batch with every resource put through `change`, which returns the same object where nothing changes. What is still
 * encoded stays so below its resources. The same batch if no resource changed.
 */
export function mapResources(batch: ResourceBatch, change: (resource: Resource) => Resource): ResourceBatch {
  const known = LazyBatch.facts(batch);
  if (known?.encoded) return known.encoded.mapResources(change) ?? batch;
  if (known?.parts) {
    const parts = known.parts.map((part) => mapResources(part as ResourceBatch, change));
    return parts.every((part, index) => part === known.parts![index]) ? batch : (mergeBatches(parts) as ResourceBatch);
  }
  const resources = resourcesOf(batch) as readonly { readonly resource: Resource }[];
  const mapped = resources.map((one) => {
    const resource = change(one.resource);
    return resource === one.resource ? one : { ...one, resource };
  });
  if (mapped.every((one, index) => one === resources[index])) return batch;
  return batchOf(batch.signal, mapped as never, batch.metadata) as ResourceBatch;
}

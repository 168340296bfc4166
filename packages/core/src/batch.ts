/**
 * The data that flows. A batch is immutable and shared freely between consumers: to change one, build another that shares
 * what did not change.
 *
 * Metrics have the shape of `@opentelemetry/sdk-metrics`' types, so what an SDK collects is a batch as it stands (see
 * `fromSdk`). They are widened by what OTLP has and the SDK lacks: summaries, exemplars, flags, bigint, any-values.
 */

/** [seconds, nanoseconds] since the Unix epoch. */
export type HrTime = readonly [number, number];

/** OTLP's AnyValue. An integer beyond 2^53 is a bigint; an empty value is null. */
export type AnyValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | null
  | readonly AnyValue[]
  | { readonly [key: string]: AnyValue };

/**
 * Consumers cache what they derive from an attributes object (encoded bytes, rendered labels) under its identity: the
 * producer that passes the same object for the same attributes makes everything after it cheaper.
 */
export type Attributes = { readonly [key: string]: AnyValue | undefined };

export interface Resource {
  readonly attributes: Attributes;
  readonly schemaUrl?: string | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Attributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

// The SDK's numeric enums, written out so that the SDK stays a type-only dependency; `summary` is ours.
export const pointType = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3, summary: 4 } as const;
export const temporality = { delta: 0, cumulative: 1 } as const;
export const valueType = { int: 0, double: 1 } as const;

export type PointType = (typeof pointType)[keyof typeof pointType];
export type Temporality = (typeof temporality)[keyof typeof temporality];
export type ValueType = (typeof valueType)[keyof typeof valueType];

export interface MetricDescriptor {
  readonly name: string;
  readonly description: string;
  /** A UCUM code: `By`, `s`, `1`, `{process}`. */
  readonly unit: string;
  /** How OTLP carries the values that are numbers; a bigint is always an integer. */
  readonly valueType: ValueType;
  /** OTLP's Metric.metadata: `prometheus.type: unknown` marks a gauge that Prometheus shows without a type. */
  readonly metadata?: Attributes | undefined;
}

/** OTLP's DataPointFlags: this series has ended, and the point has no value. */
export const noRecordedValue = 1;

export interface Exemplar {
  readonly time: HrTime;
  readonly value: number | bigint;
  readonly filteredAttributes?: Attributes | undefined;
  /** 32 hex digits. */
  readonly traceId?: string | undefined;
  /** 16 hex digits. */
  readonly spanId?: string | undefined;
}

/** `value` is undefined exactly when `flags` has `noRecordedValue`. */
export interface DataPoint<Value> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly value: Value | undefined;
  readonly flags?: number | undefined;
  readonly exemplars?: readonly Exemplar[] | undefined;
}

/** Bucket i counts the values in (boundaries[i-1], boundaries[i]]; there is one more count than boundaries, or no bucket at all. */
export interface Histogram {
  readonly count: number | bigint;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly (number | bigint)[] };
}

export interface ExponentialHistogram {
  readonly count: number | bigint;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly scale: number;
  readonly zeroCount: number | bigint;
  readonly zeroThreshold?: number | undefined;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly (number | bigint)[] };
  readonly negative: { readonly offset: number; readonly bucketCounts: readonly (number | bigint)[] };
}

export interface Summary {
  readonly count: number | bigint;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export type NumberPoint = DataPoint<number | bigint>;

interface MetricBase<Type extends PointType, Value> {
  readonly descriptor: MetricDescriptor;
  readonly dataPointType: Type;
  readonly dataPoints: readonly DataPoint<Value>[];
}

export interface GaugeMetric extends MetricBase<typeof pointType.gauge, number | bigint> {}
export interface SumMetric extends MetricBase<typeof pointType.sum, number | bigint> {
  readonly aggregationTemporality: Temporality;
  readonly isMonotonic: boolean;
}
export interface HistogramMetric extends MetricBase<typeof pointType.histogram, Histogram> {
  readonly aggregationTemporality: Temporality;
}
export interface ExponentialHistogramMetric
  extends MetricBase<typeof pointType.exponentialHistogram, ExponentialHistogram> {
  readonly aggregationTemporality: Temporality;
}
export interface SummaryMetric extends MetricBase<typeof pointType.summary, Summary> {}

/** Told apart by `dataPointType`. */
export type MetricData = GaugeMetric | SumMetric | HistogramMetric | ExponentialHistogramMetric | SummaryMetric;

export interface ScopeMetrics {
  readonly scope: Scope;
  readonly metrics: readonly MetricData[];
}

export interface ResourceMetrics {
  readonly resource: Resource;
  readonly scopeMetrics: readonly ScopeMetrics[];
}

export interface LogRecord {
  /** When the event happened; absent if the source does not know. */
  readonly time?: HrTime | undefined;
  readonly observedTime: HrTime;
  /** OTLP's SeverityNumber, 1 to 24. */
  readonly severityNumber?: number | undefined;
  readonly severityText?: string | undefined;
  readonly body?: AnyValue | undefined;
  readonly attributes: Attributes;
  readonly eventName?: string | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly flags?: number | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface ScopeLogs {
  readonly scope: Scope;
  readonly logRecords: readonly LogRecord[];
}

export interface ResourceLogs {
  readonly resource: Resource;
  readonly scopeLogs: readonly ScopeLogs[];
}

/**
 * `resourceMetrics` may be a getter that decodes at the first look, so ask `itemCount` for a count and do not look where
 * data is only passed on.
 */
export interface MetricsBatch {
  readonly signal: 'metrics';
  readonly resourceMetrics: readonly ResourceMetrics[];
}

export interface LogsBatch {
  readonly signal: 'logs';
  readonly resourceLogs: readonly ResourceLogs[];
}

export type Batch = MetricsBatch | LogsBatch;
export type Signal = Batch['signal'];
export const signals: readonly Signal[] = ['metrics', 'logs'];

export const metricsBatch = (resourceMetrics: readonly ResourceMetrics[]): MetricsBatch => ({
  signal: 'metrics',
  resourceMetrics,
});

export const logsBatch = (resourceLogs: readonly ResourceLogs[]): LogsBatch => ({ signal: 'logs', resourceLogs });

const counts = new WeakMap<Batch, number>();

/** Data points or log records: what self-telemetry calls items. Counted once a batch. */
export function itemCount(batch: Batch): number {
  let items = counts.get(batch);
  if (items === undefined) {
    items = 0;
    if (batch.signal === 'metrics') {
      for (const { scopeMetrics } of batch.resourceMetrics)
        for (const { metrics } of scopeMetrics) for (const metric of metrics) items += metric.dataPoints.length;
    } else {
      for (const { scopeLogs } of batch.resourceLogs)
        for (const { logRecords } of scopeLogs) items += logRecords.length;
    }
    counts.set(batch, items);
  }
  return items;
}

/** What an item of a batch of objects is taken to weigh, for the bounds of queues: about an OTLP point with six attributes. */
const bytesPerItem = 220;

/** The size that bounds in bytes count: the encoded size where it is known, an estimate where not. */
export const byteSize = (batch: Batch): number => itemCount(batch) * bytesPerItem;

/** One batch with the resources of all, in their order. They must be of one signal, and at least one. */
export function mergeBatches(batches: readonly Batch[]): Batch {
  const [first] = batches;
  if (!first) throw new RangeError('There is nothing to merge.');
  if (batches.length === 1) return first;
  if (first.signal === 'metrics')
    return metricsBatch(batches.flatMap((batch) => (batch as MetricsBatch).resourceMetrics));
  return logsBatch(batches.flatMap((batch) => (batch as LogsBatch).resourceLogs));
}

export const isEnded = (point: DataPoint<unknown>): boolean => ((point.flags ?? 0) & noRecordedValue) !== 0;

/** The same series with no value: tells consumers that they have ended at `time`. */
export function endSeries(ended: ResourceMetrics, time: HrTime): ResourceMetrics {
  const endPoint = ({ startTime, attributes }: DataPoint<unknown>): DataPoint<never> => ({
    startTime,
    endTime: time,
    attributes,
    value: undefined,
    flags: noRecordedValue,
  });
  return {
    resource: ended.resource,
    scopeMetrics: ended.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map((metric) => ({ ...metric, dataPoints: metric.dataPoints.map(endPoint) }) as MetricData),
    })),
  };
}

export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** Nanoseconds since the epoch, as OTLP carries them. */
export const nanoseconds = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

import type { Attributes, HrTime, Resource, Scope } from './common.ts';

// The SDK's numeric enums, written out so that the SDK stays a type-only dependency; `summary` is ours.
export const pointType = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3, summary: 4 } as const;
/** `unspecified` is what OTLP calls invalid: it is passed on, and nothing is computed from it. */
export const temporality = { unspecified: -1, delta: 0, cumulative: 1 } as const;
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

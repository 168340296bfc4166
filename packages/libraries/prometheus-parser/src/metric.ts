import type { Attributes, DataPoint, Exemplar, HrTime, MetricData, MetricDescriptor } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import type { Family } from './families.ts';
import type { ScopeEntry } from './scopes.ts';
import type { Labels, MetricType } from './series.ts';
import type { Track } from './track.ts';
import { unitCode } from './units.ts';

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
/** While its page is being read. */
export type OpenPoint = Writable<DataPoint<unknown>>;

export type Kind = 'gauge' | 'counter' | 'sum' | 'histogram' | 'summary' | 'unsupported';

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#prometheus-metric-points-to-otlp */
const kinds: Readonly<Record<MetricType, Kind>> = {
  counter: 'counter',
  gauge: 'gauge',
  unknown: 'gauge',
  info: 'sum',
  stateset: 'sum',
  histogram: 'histogram',
  gaugehistogram: 'unsupported',
  summary: 'summary',
};

/** A metric of one scope, from page to page. */
export class Metric {
  readonly name: string;
  readonly family: Family;
  readonly kind: Kind;
  readonly scope: ScopeEntry;
  readonly descriptor: MetricDescriptor;
  /** Of the page that is being read; handed on at its end. */
  points: OpenPoint[] = [];
  /** The page that had it last. */
  usedIn = 0;
  /** Histograms and summaries, by their labels. */
  readonly groups = new Map<string, Group>();
  lastGroup: Group | undefined = undefined;
  /** The series of the last point. */
  lastTrack: Track | undefined = undefined;

  constructor(name: string, family: Family, scope: ScopeEntry) {
    this.name = name;
    this.family = family;
    this.kind = kinds[family.type];
    this.scope = scope;
    this.descriptor = Object.freeze({
      name,
      description: family.help,
      unit: unitCode(family.unit),
      valueType: valueType.double,
      metadata: Object.freeze({ 'prometheus.type': family.type }),
    });
  }
}

/** The metric of that name in the scope, as the family says it is. */
export function metricOf(scope: ScopeEntry, family: Family, name: string): Metric {
  const known = scope.metrics.get(name);
  if (known?.family === family) return known;
  // A family that nothing is said of is another object for each of its parts.
  if (
    known &&
    known.family.type === family.type &&
    known.family.help === family.help &&
    known.family.unit === family.unit
  )
    return known;
  const metric = new Metric(name, family, scope);
  scope.metrics.set(name, metric);
  return metric;
}

/** The parts of one histogram or summary: the series of one metric that have the same labels but for `le` or `quantile`. */
export class Group {
  readonly metric: Metric;
  readonly key: string;
  readonly attributes: Attributes;
  /** How many series it has. */
  parts = 0;
  /** Its last point had a value: when it ends, that is to be said. */
  live = false;
  startTime: HrTime | undefined = undefined;
  lastCount = 0;
  created: HrTime | undefined = undefined;
  /** Of the page that is being read. */
  page = 0;
  samples = 0;
  time: HrTime = [0, 0];
  timeMs: number | undefined = undefined;
  sum: number | undefined = undefined;
  count: number | undefined = undefined;
  /** The `le` or `quantile` of each line, and what it says. */
  readonly bounds: number[] = [];
  readonly values: number[] = [];
  exemplars: Exemplar[] | undefined = undefined;
  /** The same object while the bounds are the same. */
  boundaries: readonly number[] = [];

  constructor(metric: Metric, key: string, attributes: Attributes) {
    this.metric = metric;
    this.key = key;
    this.attributes = attributes;
  }
}

/** The same for the same labels in whatever order, and only for those. */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name]!;
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
}

export function metricData({ descriptor, kind }: Metric, dataPoints: readonly OpenPoint[]): MetricData {
  const data = { descriptor, dataPoints };
  switch (kind) {
    case 'counter':
      return { ...data, ...cumulative, dataPointType: pointType.sum, isMonotonic: true } as MetricData;
    case 'sum':
      return { ...data, ...cumulative, dataPointType: pointType.sum, isMonotonic: false } as MetricData;
    case 'histogram':
      return { ...data, ...cumulative, dataPointType: pointType.histogram } as MetricData;
    case 'summary':
      return { ...data, dataPointType: pointType.summary } as MetricData;
    case 'gauge':
    case 'unsupported':
      return { ...data, dataPointType: pointType.gauge } as MetricData;
  }
}

const cumulative = { aggregationTemporality: temporality.cumulative } as const;

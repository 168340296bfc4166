import type { Attributes, MetricData, MetricDescriptor, Scope } from '@millrace/core';
import { attributesKey, pointType, temporality } from '@millrace/core';

/**
 * How the values of a metric are read:
 * - `level`: what there is now (gauges, sums that may go down);
 * - `counter`: what was counted since the start, so that its increase is what matters;
 * - `delta`: what was counted since the last batch;
 * - `distribution`: histograms and summaries, which are no single value.
 */
export type Kind = 'level' | 'counter' | 'delta' | 'distribution';

/** A metric of some entity: one and the same object for all entities that have it. */
export interface Metric {
  readonly scope: Scope;
  readonly descriptor: MetricDescriptor;
  readonly template: Omit<MetricData, 'dataPoints'>;
  readonly kind: Kind;
  /** Whether the sum over several entities means something. */
  readonly additive: boolean;
  /** Its place among the measured metrics; -1 if it is not measured. */
  readonly measured: number;
  readonly byKey: Map<string, Series>;
  byAttributes: WeakMap<Attributes, Series>;
  /** The series that was last at each place. */
  places: (Series | undefined)[];
}

/** A metric and the attributes of its points, whichever entity's. */
export interface Series {
  readonly metric: Metric;
  readonly attributes: Attributes;
  /** The last round that had it. */
  round: number;
}

export interface Catalog {
  /** `place` is where it stands among the metrics of its entity: entities mostly list theirs in one order. */
  metric(scope: Scope, data: MetricData, place: number): Metric;
  series(metric: Metric, attributes: Attributes, place: number): Series;
  /** Forgets the series that no later round had. */
  forget(round: number): void;
  round: number;
}

export interface CatalogOptions {
  readonly measured: readonly string[];
  readonly notAdditive: ReadonlySet<string>;
}

/** Finds a point's series by the identity of its descriptor and attributes; text is only built for objects not met before. */
export function createCatalog({ measured, notAdditive }: CatalogOptions): Catalog {
  const byName = new Map<string, Metric[]>();
  let byDescriptor = new WeakMap<MetricDescriptor, Metric>();
  let places: Metric[] = [];

  function find(scope: Scope, data: MetricData): Metric {
    const { name } = data.descriptor;
    let metrics = byName.get(name);
    if (!metrics) byName.set(name, (metrics = []));
    let metric = metrics.find((candidate) => isMetric(candidate, scope, data));
    if (!metric) {
      const { dataPoints: _, ...template } = data;
      metric = {
        scope,
        descriptor: data.descriptor,
        template,
        kind: kindOf(data),
        additive: !notAdditive.has(name) && isAdditive(data),
        measured: measured.indexOf(name),
        byKey: new Map(),
        byAttributes: new WeakMap(),
        places: [],
      };
      metrics.push(metric);
    }
    byDescriptor.set(data.descriptor, metric);
    return metric;
  }

  const catalog: Catalog = {
    round: 0,
    metric(scope, data, place) {
      const likely = places[place];
      if (likely !== undefined && isMetric(likely, scope, data)) return likely;
      const known = byDescriptor.get(data.descriptor);
      return (places[place] = known !== undefined && isMetric(known, scope, data) ? known : find(scope, data));
    },
    series(metric, attributes, place) {
      const likely = metric.places[place];
      if (likely !== undefined && (likely.attributes === attributes || areEqual(likely.attributes, attributes))) {
        likely.round = catalog.round;
        return likely;
      }
      let series = metric.byAttributes.get(attributes);
      if (!series) {
        const key = attributesKey(attributes);
        series = metric.byKey.get(key);
        if (!series) metric.byKey.set(key, (series = { metric, attributes, round: 0 }));
        metric.byAttributes.set(attributes, series);
      }
      series.round = catalog.round;
      metric.places[place] = series;
      return series;
    },
    forget(round) {
      for (const [name, metrics] of byName) {
        const live = metrics.filter((metric) => forgetSeries(metric, round).size > 0);
        if (live.length > 0) byName.set(name, live);
        else byName.delete(name);
      }
      byDescriptor = new WeakMap();
      places = [];
    },
  };
  return catalog;
}

function forgetSeries(metric: Metric, round: number): ReadonlyMap<string, Series> {
  for (const [key, series] of metric.byKey) if (series.round <= round) metric.byKey.delete(key);
  metric.byAttributes = new WeakMap();
  metric.places = [];
  return metric.byKey;
}

const isMetric = (metric: Metric, scope: Scope, data: MetricData): boolean =>
  (metric.descriptor === data.descriptor && metric.scope === scope) || hasSameText(metric, scope, data);

function hasSameText({ scope, descriptor, template }: Metric, otherScope: Scope, data: MetricData): boolean {
  return (
    descriptor.name === data.descriptor.name &&
    descriptor.unit === data.descriptor.unit &&
    descriptor.valueType === data.descriptor.valueType &&
    template.dataPointType === data.dataPointType &&
    scope.name === otherScope.name &&
    scope.version === otherScope.version &&
    temporalityOf(template) === temporalityOf(data) &&
    isMonotonic(template) === isMonotonic(data)
  );
}

const temporalityOf = (data: object): unknown => (data as { aggregationTemporality?: unknown }).aggregationTemporality;
const isMonotonic = (data: object): boolean => (data as { isMonotonic?: boolean }).isMonotonic === true;

/** Ages, uptimes and moments: the sum of several says nothing. */
const timeUnits = new Set(['s', 'ms', 'us', 'ns', 'min', 'h', 'd', 'wk', 'mo', 'a']);

function isAdditive({ dataPointType, descriptor }: MetricData): boolean {
  if (dataPointType === pointType.gauge) return !timeUnits.has(descriptor.unit);
  return dataPointType === pointType.sum;
}

function kindOf(data: MetricData): Kind {
  if (data.dataPointType === pointType.gauge) return 'level';
  if (data.dataPointType !== pointType.sum) return 'distribution';
  if (data.aggregationTemporality === temporality.delta) return 'delta';
  return data.isMonotonic ? 'counter' : 'level';
}

/** Whether both are the same strings, numbers and booleans: batches that were decoded share no objects. */
function areEqual(a: Attributes, b: Attributes): boolean {
  let names = 0;
  for (const name in b) {
    const value = b[name];
    if (value === undefined || value !== a[name]) return false;
    names++;
  }
  for (const _ in a) names--;
  return names === 0;
}

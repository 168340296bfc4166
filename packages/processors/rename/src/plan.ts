import type { Attributes, DataPoint, MetricData, MetricDescriptor, PointType, Temporality } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { change, pick } from './attributes.ts';
import type { RenameConfig, RuleConfig } from './config.ts';
import type { Rule } from './rule.ts';
import type { Slot } from './slot.ts';
import type { Convert } from './value.ts';

/** What a metric becomes. */
export interface Shape {
  readonly slot: Slot;
  readonly descriptor: MetricDescriptor;
  /** The metric with these points. */
  metric(dataPoints: readonly DataPoint<unknown>[]): MetricData;
  /** Unit, type and temporality: points of one name can only be in one metric if these are the same. */
  readonly kind: string;
}

/** Where a point goes. */
export interface Target {
  readonly shape: Shape;
  readonly attributes: Attributes;
  readonly convert: Convert | undefined;
  readonly aggregate: 'sum' | undefined;
}

/** What is to be done with the points of a metric. */
export type Plan =
  | { readonly action: 'drop' }
  /** Every point goes to one place, as it is; where nothing is renamed either, so does the metric. */
  | { readonly action: 'move'; readonly shape: Shape; readonly renamed: boolean; readonly aggregate: 'sum' | undefined }
  | { readonly action: 'route'; readonly targets: (attributes: Attributes) => readonly Target[] };

export interface Planner {
  readonly config: RenameConfig;
  /** Attributes of the metric's resource. */
  readonly resource: Attributes;
  slot(name: string): Slot;
}

/** `rules` are those that take points of the metric's resource, in their order. */
export function planMetric(metric: MetricData, rules: readonly Rule[], { config, resource, slot }: Planner): Plan {
  const isNumber = metric.dataPointType === pointType.gauge || metric.dataPointType === pointType.sum;
  const { name } = metric.descriptor;
  const routes = rules
    .filter((rule) => rule.newName(name) !== undefined && (isNumber || !rule.numbersOnly))
    .map((rule) => ({ rule, shape: shapeOf(metric, slot(rule.newName(name)!), rule.config) }));
  const first = routes[0];
  const own = shapeOf(metric, slot(name), {});
  const changesAll = Object.keys(config.attributes ?? {}).length > 0;
  if (!first && config.drop_unmatched) return { action: 'drop' };
  if (!first && !changesAll) return { action: 'move', shape: own, renamed: false, aggregate: undefined };
  if (first?.rule.isPlain && !changesAll)
    return { action: 'move', shape: first.shape, renamed: true, aggregate: first.rule.config.aggregate };

  const changed = (attributes: Attributes, rule?: RuleConfig): Attributes =>
    change(attributes, {
      drop: rule?.drop_attributes,
      rename: { ...config.attributes, ...rule?.rename_attributes },
      set: { ...rule?.set_attributes, ...pick(resource, rule?.set_from_resource) },
    });

  return {
    action: 'route',
    targets(attributes) {
      const targets: Target[] = [];
      for (const { rule, shape } of routes) {
        if (!rule.takesPoint(attributes)) continue;
        const { aggregate, keep } = rule.config;
        const { convert } = rule;
        targets.push({ shape, attributes: changed(attributes, rule.config), convert, aggregate });
        if (!keep) return targets;
      }
      if (targets.length > 0 || !config.drop_unmatched)
        targets.push({ shape: own, attributes: changed(attributes), convert: undefined, aggregate: undefined });
      return targets;
    },
  };
}

type NewShape = Pick<RuleConfig, 'description' | 'unit' | 'scale' | 'round' | 'kind'>;

function shapeOf(metric: MetricData, slot: Slot, { description, unit, scale, round, kind }: NewShape): Shape {
  const was = metric.descriptor;
  const descriptor = Object.freeze({
    name: slot.name,
    description: description ?? was.description,
    unit: unit ?? was.unit,
    valueType: round
      ? valueType.int
      : scale === undefined || Number.isInteger(scale)
        ? was.valueType
        : valueType.double,
    ...metadataOf(was, kind),
  });
  const type = kind === undefined ? (metric as MetricType) : typeOf(kind, metric);
  return {
    slot,
    descriptor,
    kind: `${descriptor.unit} ${typeKey(type)}`,
    metric: (dataPoints) => newMetric(type, descriptor, dataPoints),
  };
}

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/: how an unknown type is told. */
function metadataOf({ metadata }: MetricDescriptor, kind: RuleConfig['kind']): Pick<MetricDescriptor, 'metadata'> {
  if (kind === 'unknown') return { metadata: { ...metadata, 'prometheus.type': 'unknown' } };
  if (metadata?.['prometheus.type'] === undefined || kind === undefined) return metadata ? { metadata } : {};
  const { 'prometheus.type': _was, ...rest } = metadata;
  return { metadata: rest };
}

function typeOf(kind: NonNullable<RuleConfig['kind']>, metric: MetricType): MetricType {
  if (kind === 'gauge' || kind === 'unknown') return { dataPointType: pointType.gauge };
  const { aggregationTemporality = temporality.cumulative } = metric;
  return { dataPointType: pointType.sum, aggregationTemporality, isMonotonic: kind === 'counter' };
}

// Literals: a spread here took a third of the time of the whole processor.
function newMetric(
  { dataPointType, aggregationTemporality, isMonotonic }: MetricType,
  descriptor: MetricDescriptor,
  dataPoints: readonly DataPoint<unknown>[],
): MetricData {
  const metric: object =
    aggregationTemporality === undefined
      ? { descriptor, dataPointType, dataPoints }
      : isMonotonic === undefined
        ? { descriptor, dataPointType, dataPoints, aggregationTemporality }
        : { descriptor, dataPointType, dataPoints, aggregationTemporality, isMonotonic };
  return metric as MetricData;
}

interface MetricType {
  readonly dataPointType: PointType;
  readonly aggregationTemporality?: Temporality;
  readonly isMonotonic?: boolean;
}

export function isSameType(a: MetricType, b: MetricType): boolean {
  return (
    a.dataPointType === b.dataPointType &&
    a.aggregationTemporality === b.aggregationTemporality &&
    a.isMonotonic === b.isMonotonic
  );
}

export const typeKey = ({ dataPointType, aggregationTemporality, isMonotonic }: MetricType): string =>
  `${dataPointType} ${aggregationTemporality ?? '-'} ${isMonotonic ?? '-'}`;

import type { MetricDescriptor, MetricData, Resource, Scope } from '@millrace/core';
import { attributesKey, pointType, temporality, valueText } from '@millrace/core';
import { attributeLabels, fixedLabels, labelRenderer } from './labels.ts';
import type { FixedLabel, LabelRenderer } from './labels.ts';
import { familyName, labelName } from './names.ts';
import type { FamilyType, Naming } from './names.ts';
import { closeHoles } from './series.ts';
import type { Metric } from './series.ts';

export interface ResourceOptions {
  readonly naming: Naming;
  readonly constLabels: Readonly<Record<string, string>>;
  /** Which attributes of a resource become labels of all its series. */
  readonly resourceLabel: (attribute: string) => boolean;
  readonly scopeInfo: boolean;
  readonly targetInfo: boolean;
}

export interface ResourceState {
  readonly key: string;
  scopes: ScopeState[];
  /** The update that named it last. */
  generation: number;
  readonly fixed: readonly FixedLabel[];
  /** What `target_info` says of it; undefined if it has no identity or nothing else to tell. */
  readonly target: { readonly identity: string; readonly labels: string } | undefined;
}

export interface ScopeState {
  readonly key: string;
  scope: Scope;
  metrics: { metric: Metric; descriptor: MetricDescriptor }[];
  readonly byKey: Map<string, { metric: Metric; descriptor: MetricDescriptor }>;
  readonly labels: (type: FamilyType) => LabelRenderer;
}

/** A resource is `job` and `instance` to Prometheus, made of the attributes that identify a service. */
const identifying = ['service.namespace', 'service.name', 'service.instance.id'];

export function resourceState({ attributes }: Resource, key: string, options: ResourceOptions): ResourceState {
  const { naming } = options;
  const text = (name: string): string => valueText(attributes[name]);
  const namespace = text('service.namespace');
  const job = text('service.name') && `${namespace && `${namespace}/`}${text('service.name')}`;
  const identity: FixedLabel[] = [
    { key: 'service.name', label: 'job', value: job },
    { key: 'service.instance.id', label: 'instance', value: text('service.instance.id') },
  ];
  const rest = attributeLabels(attributes, naming, (name) => !identifying.includes(name));
  const identified = identity.some(({ value }) => value !== '');
  const told = rest.some(({ value }) => value !== '');
  return {
    key,
    scopes: [],
    generation: 0,
    fixed: [
      ...Object.entries(options.constLabels).map(([name, value]) => ({
        key: name,
        label: labelName(name, naming),
        value,
        weak: true,
      })),
      ...identity,
      ...attributeLabels(attributes, naming, options.resourceLabel),
    ],
    target:
      options.targetInfo && identified && told
        ? { identity: fixedLabels(identity, naming), labels: fixedLabels([...identity, ...rest], naming) }
        : undefined,
  };
}

export const scopeKey = ({ name, version = '', schemaUrl = '', attributes = {} }: Scope): string =>
  [name, version, schemaUrl, attributesKey(attributes)].join('\0');

export function scopeState(scope: Scope, resource: ResourceState, options: ResourceOptions): ScopeState {
  const { naming } = options;
  const fixed = options.scopeInfo ? [...resource.fixed, ...scopeLabels(scope, naming)] : resource.fixed;
  const renderers = new Map<string | undefined, LabelRenderer>();
  return {
    key: scopeKey(scope),
    scope,
    metrics: [],
    byKey: new Map(),
    labels(type) {
      const reserved = type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : undefined;
      const known = renderers.get(reserved);
      if (known) return known;
      const renderer = labelRenderer({ naming, fixed, reserved });
      renderers.set(reserved, renderer);
      return renderer;
    },
  };
}

function scopeLabels({ name, version, schemaUrl, attributes = {} }: Scope, naming: Naming): FixedLabel[] {
  const own = [
    ['otel_scope_name', name],
    ['otel_scope_version', version ?? ''],
    ['otel_scope_schema_url', schemaUrl ?? ''],
  ] as const;
  const labels = Object.entries(attributes)
    .map(([key, value]) => ({
      key: `otel_scope_${key}`,
      label: labelName(`otel_scope_${key}`, naming),
      value: valueText(value),
    }))
    .filter(({ label }) => own.every(([taken]) => taken !== label));
  return [...own.map(([label, value]) => ({ key: label, label, value })), ...labels];
}

/** Undefined for a sum of deltas that can fall: what it stands at is not known. */
export function familyType(metric: MetricData): FamilyType | undefined {
  switch (metric.dataPointType) {
    case pointType.gauge:
      // https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#unknown-typed
      return metric.descriptor.metadata?.['prometheus.type'] === 'unknown' ? 'unknown' : 'gauge';
    case pointType.sum:
      if (metric.isMonotonic) return 'counter';
      return metric.aggregationTemporality === temporality.delta ? undefined : 'gauge';
    case pointType.histogram:
      return 'histogram';
    case pointType.exponentialHistogram:
      return metric.aggregationTemporality === temporality.delta ? undefined : 'histogram';
    case pointType.summary:
      return 'summary';
  }
}

export const isDelta = (metric: MetricData): boolean =>
  'aggregationTemporality' in metric && metric.aggregationTemporality === temporality.delta;

/** The metric of this descriptor, looked for first where it was last time: at `hint`. */
export function metricOf(
  scope: ScopeState,
  data: MetricData,
  hint: number,
  options: ResourceOptions,
): Metric | undefined {
  const { descriptor } = data;
  const type = familyType(data);
  if (!type) return undefined;
  const expected = scope.metrics[hint];
  if (expected?.descriptor === descriptor && expected.metric.type === type) return expected.metric;
  const key = `${type} ${isDelta(data) ? 'delta' : ''} ${descriptor.unit} ${descriptor.name}`;
  const known = scope.byKey.get(key);
  if (known) {
    known.descriptor = descriptor;
    return known.metric;
  }
  const { name, unit } = familyName({ name: descriptor.name, unit: descriptor.unit, type }, options.naming);
  const help = descriptor.description;
  const labels = scope.labels(type);
  const metric: Metric = { key, name, type, unit, help, labels, family: undefined, order: [], size: 0 };
  const entry = { metric, descriptor };
  scope.byKey.set(key, entry);
  scope.metrics.push(entry);
  return metric;
}

export const isEmpty = ({ scopes }: ResourceState): boolean =>
  !scopes.some(({ metrics }) => metrics.some(({ metric }) => metric.size > 0));

/** Forgets the metrics and scopes that have no series left, and closes the holes of those that have. */
export function prune(resource: ResourceState): void {
  for (const scope of resource.scopes) {
    for (const { metric } of scope.metrics) {
      if (metric.size === 0) scope.byKey.delete(metric.key);
      else if (metric.order.length > 2 * metric.size) closeHoles(metric);
    }
    if (scope.byKey.size < scope.metrics.length) scope.metrics = scope.metrics.filter(({ metric }) => metric.size > 0);
  }
  if (resource.scopes.some(({ metrics }) => metrics.length === 0))
    resource.scopes = resource.scopes.filter(({ metrics }) => metrics.length > 0);
}

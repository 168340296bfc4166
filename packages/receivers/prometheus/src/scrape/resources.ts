import type { Attributes, DataPoint, MetricData, Resource, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import type { Series } from '@millrace/prometheus-parser';
import type { LabelMap } from '../relabel/labels.ts';
import { identified, type Identity, type Target } from '../target.ts';
import { leavesAsTheyAre, sampleLabels } from './sample-labels.ts';

/** Of which resources the series of a target's pages are. */
export interface TargetResources {
  /** What to take a series of a page for; see `sampleLabels`. */
  relabel(series: Series): Series | undefined;
  /** The resource of the target itself, with what `target_info` said last. */
  readonly own: Resource;
  /** What `target_info` says now: `own` is another object if that says something else than before. */
  update(told: Attributes | undefined): void;
  split(scopeMetrics: readonly ScopeMetrics[]): ResourceMetrics[];
}

/**
 * A series belongs to the resource of its `job` and `instance`, which are no attributes of its points. Mostly they are those of
 * the target. Where the page's own count (`honor_labels`) or rules change them, they stay on the series until `split`.
 */
export function targetResources(target: Target): TargetResources {
  const labelsOf = sampleLabels(target);
  const isLeft = leavesAsTheyAre(target);
  const targets: Identity = {
    job: target.labels.get('job') ?? target.job.name,
    instance: target.labels.get('instance') ?? target.url.host,
  };
  /** By job and instance. */
  const others = new Map<string, Resource>();
  let places = new WeakMap<Attributes, Place>();
  let hasOthers = false;
  let own = target.resource;
  let told: Attributes | undefined;

  function relabel(series: Series): Series | undefined {
    if (isLeft && series.labels['job'] === undefined && series.labels['instance'] === undefined) return series;
    const labels = labelsOf(series);
    if (!labels) return undefined;
    const name = take(labels, '__name__');
    const job = take(labels, 'job') || targets.job;
    const instance = take(labels, 'instance') || targets.instance;
    const isOwn = job === targets.job && instance === targets.instance;
    if (!isOwn) {
      hasOthers = true;
      if (name === 'target_info') {
        others.set(keyOf({ job, instance }), withTold(identified(target.resource, { job, instance }), labels));
        places = new WeakMap();
        return undefined;
      }
      labels.set('job', job).set('instance', instance);
    }
    return { name, labels: Object.fromEntries(labels) };
  }

  function resourceOf(identity: Identity): Resource {
    const key = keyOf(identity);
    let resource = others.get(key);
    if (!resource) others.set(key, (resource = identified(target.resource, identity)));
    return resource;
  }

  /** A page may name others each time: those that it does not name any more are not kept for ever. */
  function forget(used: ReadonlySet<Resource>): void {
    if (others.size <= 2 * used.size + mostUnused) return;
    for (const [key, resource] of others) if (!used.has(resource)) others.delete(key);
  }

  function placeOf(attributes: Attributes): Place {
    const { job, instance, ...rest } = attributes;
    if (typeof job !== 'string' || typeof instance !== 'string') return { resource: own, attributes };
    let place = places.get(attributes);
    if (!place) {
      place = { resource: resourceOf({ job, instance }), attributes: Object.freeze(rest) };
      places.set(attributes, place);
    }
    return place;
  }

  return {
    relabel,
    get own() {
      return own;
    },
    update(attributes) {
      if (attributes === told) return;
      told = attributes;
      const now = attributes
        ? withTold(target.resource, new Map(Object.entries(attributes as Record<string, string>)))
        : target.resource;
      if (!sameAttributes(now.attributes, own.attributes)) own = now;
    },
    split(scopeMetrics) {
      if (!hasOthers) return [{ resource: own, scopeMetrics }];
      const found = splitByPlace(scopeMetrics, placeOf);
      forget(new Set(found.map(({ resource }) => resource)));
      return found;
    },
  };
}

const mostUnused = 1_000;

interface Place {
  readonly resource: Resource;
  /** Without `job` and `instance`. */
  readonly attributes: Attributes;
}

const keyOf = ({ job, instance }: Identity): string => JSON.stringify([job, instance]);

function take(labels: LabelMap, name: string): string {
  const value = labels.get(name) ?? '';
  labels.delete(name);
  return value;
}

const withTold = (resource: Resource, labels: LabelMap): Resource =>
  Object.freeze({
    ...resource,
    attributes: Object.freeze({ ...resource.attributes, ...Object.fromEntries(labels) }),
  });

function sameAttributes(a: Attributes, b: Attributes): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function splitByPlace(
  scopeMetrics: readonly ScopeMetrics[],
  placeOf: (attributes: Attributes) => Place,
): ResourceMetrics[] {
  const found = new Map<Resource, ScopeMetrics[]>();
  for (const { scope, metrics } of scopeMetrics) {
    const byResource = new Map<Resource, MetricData[]>();
    for (const metric of metrics) {
      const points = new Map<Resource, DataPoint<unknown>[]>();
      for (const point of metric.dataPoints as readonly DataPoint<unknown>[]) {
        const { resource, attributes } = placeOf(point.attributes);
        append(points, resource, attributes === point.attributes ? point : { ...point, attributes });
      }
      for (const [resource, dataPoints] of points)
        append(byResource, resource, { ...metric, dataPoints } as unknown as MetricData);
    }
    for (const [resource, own] of byResource) append(found, resource, { scope, metrics: own });
  }
  return [...found].map(([resource, scopes]) => ({ resource, scopeMetrics: scopes }));
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

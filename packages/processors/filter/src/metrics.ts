import type { Attributes, MetricData, MetricsBatch, Resource, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import { metricsBatch } from '@millrace/core';
import type { FilterConfig, MetricConditions } from './config.ts';
import type { AttributesMatch } from './match.ts';
import { attributesMatch, textMatch } from './match.ts';
import { narrow } from './narrow.ts';

/** Says of a metric of one resource whether all its points match, none, or those with certain attributes. */
type MetricMatch = (name: string) => boolean | AttributesMatch;

const everything: MetricMatch = () => true;
const nothing: MetricMatch = () => false;

/** The part of a batch that passes; the batch itself if all of it does. */
export function metricsFilter({ include, exclude }: NonNullable<FilterConfig['metrics']>) {
  const included = include ? compile(include) : () => everything;
  const excluded = exclude ? compile(exclude) : () => nothing;

  return (batch: MetricsBatch): MetricsBatch => {
    const resourceMetrics = narrow(batch.resourceMetrics, (resource): ResourceMetrics | undefined => {
      const passes = difference(included(resource.resource), excluded(resource.resource));
      const scopeMetrics = narrow(resource.scopeMetrics, (scope): ScopeMetrics | undefined => {
        const metrics = narrow(scope.metrics, (metric) => keepPoints(metric, passes(metric.descriptor.name)));
        if (metrics === scope.metrics) return scope;
        return metrics.length > 0 ? { ...scope, metrics } : undefined;
      });
      if (scopeMetrics === resource.scopeMetrics) return resource;
      return scopeMetrics.length > 0 ? { ...resource, scopeMetrics } : undefined;
    });
    return resourceMetrics === batch.resourceMetrics ? batch : metricsBatch(resourceMetrics);
  };
}

function compile(conditions: MetricConditions): (resource: Resource) => MetricMatch {
  const { match_type: type, metric_names: names, resource_attributes: ofResource, attributes: ofPoint } = conditions;
  const resourceMatches = attributesMatch(type, ofResource ?? []);
  const nameMatches = names?.length ? textMatch(type, names) : () => true;
  const points = ofPoint?.length ? attributesMatch(type, ofPoint) : true;
  const match: MetricMatch = (name) => nameMatches(name) && points;
  return ({ attributes }) => (resourceMatches(attributes) ? match : nothing);
}

const difference =
  (included: MetricMatch, excluded: MetricMatch): MetricMatch =>
  (name) => {
    const wanted = included(name);
    if (wanted === false) return false;
    const unwanted = excluded(name);
    if (unwanted === true) return false;
    if (unwanted === false) return wanted;
    return (attributes) => (wanted === true || wanted(attributes)) && !unwanted(attributes);
  };

function keepPoints(metric: MetricData, passes: boolean | AttributesMatch): MetricData | undefined {
  if (passes === true) return metric;
  if (passes === false) return undefined;
  const dataPoints = narrow<{ readonly attributes: Attributes }>(metric.dataPoints, (point) =>
    passes(point.attributes) ? point : undefined,
  );
  if (dataPoints === metric.dataPoints) return metric;
  return dataPoints.length > 0 ? ({ ...metric, dataPoints } as MetricData) : undefined;
}

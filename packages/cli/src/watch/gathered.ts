import { type Attributes, attributesKey, isEnded, type MetricData, type MetricsBatch } from '@millrace/core';

/** Of one metric of one resource. */
export interface GatheredPoints {
  readonly metric: MetricData;
  readonly live: Point[];
  readonly ended: Set<string>;
}
export type Point = MetricData['dataPoints'][number];

/** The points of a batch by resource and metric, wherever in it they stand: what has ended may stand apart from what goes on. */
export function gathered({ resourceMetrics }: MetricsBatch) {
  const all = new Map<string, { attributes: Attributes; metrics: Map<string, GatheredPoints> }>();
  for (const { resource, scopeMetrics } of resourceMetrics) {
    const key = attributesKey(resource.attributes);
    const { metrics: byName } = all.get(key) ?? { metrics: new Map<string, GatheredPoints>() };
    all.set(key, { attributes: resource.attributes, metrics: byName });
    for (const { metrics } of scopeMetrics)
      for (const metric of metrics) {
        const { name } = metric.descriptor;
        const points = byName.get(name) ?? { metric, live: [], ended: new Set() };
        byName.set(name, points);
        for (const point of metric.dataPoints)
          if (isEnded(point)) points.ended.add(attributesKey(point.attributes));
          else points.live.push(point);
      }
  }
  return all;
}

import type { MetricData, ResourceMetrics, ScopeMetrics } from '@millrace/core';

/** The list with each item replaced by what `keep` returns, and without those for which it returns undefined. The list itself, if nothing changed. */
export function narrow<T>(list: readonly T[], keep: (item: T) => T | undefined): readonly T[] {
  let changed: T[] | undefined;
  for (const [index, item] of list.entries()) {
    const kept = keep(item);
    if (!changed && kept !== item) changed = list.slice(0, index);
    if (changed && kept !== undefined) changed.push(kept);
  }
  return changed ?? list;
}

type KeepMetric = (metric: MetricData, within: ScopeMetrics, of: ResourceMetrics) => MetricData | undefined;

/** The same for metrics. A scope goes with the last metric that was in it, and a resource with its last scope. */
export const narrowMetrics = (
  resourceMetrics: readonly ResourceMetrics[],
  keep: KeepMetric,
): readonly ResourceMetrics[] =>
  narrow(resourceMetrics, (of): ResourceMetrics | undefined => {
    const scopeMetrics = narrow(of.scopeMetrics, (within): ScopeMetrics | undefined => {
      const metrics = narrow(within.metrics, (metric) => keep(metric, within, of));
      if (metrics === within.metrics) return within;
      return metrics.length > 0 ? { ...within, metrics } : undefined;
    });
    if (scopeMetrics === of.scopeMetrics) return of;
    return scopeMetrics.length > 0 ? { ...of, scopeMetrics } : undefined;
  });

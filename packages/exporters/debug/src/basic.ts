import type { Batch } from '@millrace/core';
import { itemCount } from '@millrace/core';

export const title = (batch: Batch): string => (batch.signal === 'metrics' ? 'Metrics' : 'Logs');

/** Under the OpenTelemetry Collector's words. */
export function counts(batch: Batch): object {
  if (batch.signal === 'logs') return { 'resource logs': batch.resourceLogs.length, 'log records': itemCount(batch) };
  let metrics = 0;
  for (const { scopeMetrics } of batch.resourceMetrics)
    for (const scope of scopeMetrics) metrics += scope.metrics.length;
  return { 'resource metrics': batch.resourceMetrics.length, metrics, 'data points': itemCount(batch) };
}

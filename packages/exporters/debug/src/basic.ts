import type { Batch } from '@millrace/core';
import { itemCount, splitByResource } from '@millrace/core';

const titles = { metrics: 'Metrics', logs: 'Logs', traces: 'Traces', profiles: 'Profiles' } as const;

export const title = (batch: Batch): string => titles[batch.signal];

/** Under the OpenTelemetry Collector's words. Log records and spans are not decoded for it. */
export function counts(batch: Batch): object {
  switch (batch.signal) {
    case 'metrics': {
      let metrics = 0;
      for (const { scopeMetrics } of batch.resourceMetrics)
        for (const scope of scopeMetrics) metrics += scope.metrics.length;
      return { 'resource metrics': batch.resourceMetrics.length, metrics, 'data points': itemCount(batch) };
    }
    case 'logs':
      return { 'resource logs': splitByResource(batch).length, 'log records': itemCount(batch) };
    case 'traces':
      return { 'resource spans': splitByResource(batch).length, spans: itemCount(batch) };
    case 'profiles':
      return { 'sample records': itemCount(batch) };
  }
}

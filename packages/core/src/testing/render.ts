import type { AnyValue, Attributes, Batch, DataPoint, MetricData, Resource } from '../batch.ts';
import { isEnded, itemCount } from '../batch.ts';

/** A batch as sorted text, a line a point, record or span: for golden files. Times are left out. */
export function render(batch: Batch): string {
  const lines: string[] = [];
  if (batch.signal === 'metrics') {
    for (const { resource, scopeMetrics } of batch.resourceMetrics)
      for (const { metrics } of scopeMetrics)
        for (const metric of metrics)
          for (const point of metric.dataPoints) lines.push(renderPoint(resource, metric, point));
  } else if (batch.signal === 'logs') {
    for (const { resource, scopeLogs } of batch.resourceLogs)
      for (const { logRecords } of scopeLogs)
        for (const { severityText, body, attributes } of logRecords)
          lines.push(`${severityText ?? '-'} ${text(body ?? null)} ${labels(resource, attributes)}`);
  } else if (batch.signal === 'traces') {
    for (const { resource, scopeSpans } of batch.resourceSpans)
      for (const { spans } of scopeSpans)
        for (const { name, attributes } of spans) lines.push(`${name} ${labels(resource, attributes)}`);
  } else lines.push(`${itemCount(batch)} samples in ${batch.request.length} bytes`);
  return `${lines.sort().join('\n')}\n`;
}

function renderPoint(resource: Resource, { descriptor }: MetricData, point: DataPoint<unknown>): string {
  const value = isEnded(point) ? 'ended' : text(point.value as AnyValue);
  return `${descriptor.name}${labels(resource, point.attributes)} ${value} ${descriptor.unit}`;
}

const labels = (resource: Resource, attributes: Attributes): string =>
  `{${pairs(resource.attributes)}|${pairs(attributes)}}`;

const pairs = (attributes: Attributes): string =>
  Object.keys(attributes)
    .sort()
    .map((key) => `${key}=${text(attributes[key] ?? null)}`)
    .join(',');

const text = (value: AnyValue): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));

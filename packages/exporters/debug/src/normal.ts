import type { Attributes, Batch, LogRecord, MetricData, Resource, Span } from '@millrace/core';
import { isEnded, pointType } from '@millrace/core';
import { profileLines, read } from './profiles.ts';
import { nameText, pairsText, plainText, timeText, valueText } from './text.ts';
import { valueLines } from './value.ts';

/** A line for each data point, log record, span, or sample type of a profile. */
export function normal(batch: Batch): string {
  const lines: string[] = [];
  const add = (line: string, { attributes }: Resource): void => void lines.push(`${line}${origin(attributes)}`);
  switch (batch.signal) {
    case 'metrics':
      for (const { resource, scopeMetrics } of batch.resourceMetrics)
        for (const { metrics } of scopeMetrics)
          for (const metric of metrics) for (const line of metricLines(metric)) add(line, resource);
      break;
    case 'logs':
      for (const { resource, scopeLogs } of batch.resourceLogs)
        for (const { logRecords } of scopeLogs) for (const record of logRecords) add(recordLine(record), resource);
      break;
    case 'traces':
      for (const { resource, scopeSpans } of batch.resourceSpans)
        for (const { spans } of scopeSpans) for (const span of spans) add(spanLine(span), resource);
      break;
    case 'profiles': {
      const profiles = read(batch);
      if (typeof profiles === 'string') lines.push(profiles);
      else for (const one of profiles) for (const line of profileLines(one)) add(line, one.resource);
      break;
    }
  }
  return lines.join('\n');
}

const origin = (resource: Attributes): string => {
  const pairs = pairsText(resource);
  return pairs ? ` [${pairs}]` : '';
};

function metricLines(metric: MetricData): string[] {
  const { name, unit } = metric.descriptor;
  return metric.dataPoints.map((point) => {
    const value = isEnded(point) ? 'ended' : point.value === undefined ? 'no value' : oneLine(metric, point.value);
    return `${nameText(name)}{${pairsText(point.attributes)}} ${value}${unit ? ` ${plainText(unit)}` : ''}`;
  });
}

function oneLine(metric: MetricData, value: unknown): string {
  if (metric.dataPointType === pointType.gauge || metric.dataPointType === pointType.sum) return String(value);
  return valueLines(metric, value).join(', ');
}

function recordLine({
  time,
  observedTime,
  severityText,
  severityNumber,
  eventName,
  body,
  attributes,
}: LogRecord): string {
  const severity = severityText || (severityNumber ? `severity ${severityNumber}` : '-');
  const parts = [timeText(time ?? observedTime), plainText(severity)];
  if (eventName) parts.push(nameText(eventName));
  if (body !== undefined) parts.push(typeof body === 'string' ? plainText(body) : valueText(body));
  parts.push(`{${pairsText(attributes)}}`);
  return parts.join(' ');
}

const spanLine = ({ name, traceId, spanId, attributes }: Span): string =>
  `${nameText(name)} ${plainText(traceId)} ${plainText(spanId)} {${pairsText(attributes)}}`;

import type { MetricData, MetricDescriptor, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import { pointType } from '@millrace/core';
import { writeExponentialPoint, writeHistogramPoint, writeNumberPoint, writeSummaryPoint } from './points.ts';
import { fieldOf } from './origins.ts';
import { writeInt32, writeResource, writeSchemaUrl, writeScope } from './resource.ts';
import { writeKnownAttributes, writeText } from './values.ts';
import type { Writer } from '@millrace/protobuf';

// opentelemetry/proto/metrics/v1/metrics.proto, and its ExportMetricsServiceRequest
const resourceMetricsTag = 0x0a;
const scopeMetricsTag = 0x12;
const metricTag = 0x12;
const descriptorTag = { name: 0x0a, description: 0x12, unit: 0x1a, metadata: 0x62 } as const;
const dataTag = {
  [pointType.gauge]: 0x2a,
  [pointType.sum]: 0x3a,
  [pointType.histogram]: 0x4a,
  [pointType.exponentialHistogram]: 0x52,
  [pointType.summary]: 0x5a,
} as const;
const pointsTag = 0x0a;
const temporalityTag = 0x10;
const isMonotonicTag = 0x18;

/** An ExportMetricsServiceRequest. */
export function writeMetrics(writer: Writer, resourceMetrics: readonly ResourceMetrics[]): void {
  for (let index = resourceMetrics.length - 1; index >= 0; index--) {
    const field = fieldOf(resourceMetrics[index]!);
    if (field) {
      writer.bytes(field);
      continue;
    }
    const { resource, scopeMetrics } = resourceMetrics[index]!;
    const mark = writer.length;
    writeSchemaUrl(writer, resource.schemaUrl);
    for (let scope = scopeMetrics.length - 1; scope >= 0; scope--) writeScopeMetrics(writer, scopeMetrics[scope]!);
    writeResource(writer, resource);
    writer.message(resourceMetricsTag, mark);
  }
}

function writeScopeMetrics(writer: Writer, { scope, metrics }: ScopeMetrics): void {
  const mark = writer.length;
  writeSchemaUrl(writer, scope.schemaUrl);
  for (let index = metrics.length - 1; index >= 0; index--) writeMetric(writer, metrics[index]!);
  writeScope(writer, scope);
  writer.message(scopeMetricsTag, mark);
}

function writeMetric(writer: Writer, metric: MetricData): void {
  const field = fieldOf(metric);
  if (field) return writer.bytes(field);
  const mark = writer.length;
  if (metric.dataPointType === pointType.sum && metric.isMonotonic) {
    writer.varint(1);
    writer.tag(isMonotonicTag);
  }
  if ('aggregationTemporality' in metric) {
    // OTLP counts unspecified, delta, cumulative; the SDK delta, cumulative.
    writeInt32(writer, temporalityTag, metric.aggregationTemporality + 1);
  }
  writePoints(writer, metric);
  writer.message(dataTag[metric.dataPointType], mark);
  writeDescriptor(writer, metric.descriptor);
  return writer.message(metricTag, mark);
}

function writePoints(writer: Writer, metric: MetricData): void {
  const { valueType } = metric.descriptor;
  for (let index = metric.dataPoints.length - 1; index >= 0; index--) {
    const mark = writer.length;
    switch (metric.dataPointType) {
      case pointType.gauge:
      case pointType.sum:
        writeNumberPoint(writer, metric.dataPoints[index]!, valueType);
        break;
      case pointType.histogram:
        writeHistogramPoint(writer, metric.dataPoints[index]!, valueType);
        break;
      case pointType.exponentialHistogram:
        writeExponentialPoint(writer, metric.dataPoints[index]!, valueType);
        break;
      case pointType.summary:
        writeSummaryPoint(writer, metric.dataPoints[index]!);
        break;
    }
    writer.message(pointsTag, mark);
  }
}

const descriptors = new WeakMap<MetricDescriptor, Uint8Array>();

/** Remembered: a scrape of a thousand processes names each metric a thousand times, with one descriptor object. */
function writeDescriptor(writer: Writer, descriptor: MetricDescriptor): void {
  const known = descriptors.get(descriptor);
  if (known) return writer.bytes(known);
  const mark = writer.length;
  if (descriptor.metadata) writeKnownAttributes(writer, descriptorTag.metadata, descriptor.metadata);
  if (descriptor.unit) writeText(writer, descriptorTag.unit, descriptor.unit);
  if (descriptor.description) writeText(writer, descriptorTag.description, descriptor.description);
  if (descriptor.name) writeText(writer, descriptorTag.name, descriptor.name);
  descriptors.set(descriptor, writer.copy(mark));
  return undefined;
}

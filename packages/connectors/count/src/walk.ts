import type { Subject } from '@millrace/conditions';
import type { Attributes, ResourceBatch } from '@millrace/core';
import type { Section } from './config.ts';

/** Called for each item of a section, with the subject set to it. */
export type Visit = (attributes: Attributes) => void;

const none: Attributes = {};

/** Goes through what a batch holds, looking only at what someone visits. */
export function walk(batch: ResourceBatch, subject: Subject, visits: Readonly<Partial<Record<Section, Visit>>>): void {
  switch (batch.signal) {
    case 'metrics':
      for (const { scopeMetrics } of batch.resourceMetrics)
        for (const { scope, metrics } of scopeMetrics) {
          subject.scope = scope;
          for (const metric of metrics) {
            subject.metric = metric;
            visits.metrics?.(none);
            if (!visits.datapoints) continue;
            for (const point of metric.dataPoints) {
              subject.point = point;
              visits.datapoints(point.attributes);
            }
          }
        }
      return;
    case 'logs':
      for (const { scopeLogs } of batch.resourceLogs)
        for (const { scope, logRecords } of scopeLogs) {
          subject.scope = scope;
          for (const record of logRecords) {
            subject.record = record;
            visits.logs?.(record.attributes);
          }
        }
      return;
    case 'traces':
      for (const { scopeSpans } of batch.resourceSpans)
        for (const { scope, spans } of scopeSpans) {
          subject.scope = scope;
          for (const span of spans) {
            subject.span = span;
            visits.spans?.(span.attributes);
            if (!visits.spanevents) continue;
            for (const event of span.events ?? []) {
              subject.event = event;
              visits.spanevents(event.attributes);
            }
          }
        }
  }
}

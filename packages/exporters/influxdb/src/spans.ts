import type { Attributes, HrTime, Span, TracesBatch } from '@millrace/core';
import { jsonText, nanoseconds, spanStatus } from '@millrace/core';
import { dividing } from './dimensions.ts';
import { keyText } from './line/escape.ts';
import type { Lines } from './line/lines.ts';
import { tagsOf } from './line/tags.ts';
import { logsMeasurement } from './logs.ts';
import { moments } from './moments.ts';

const key = (name: string): Uint8Array => Buffer.from(keyText(name));
const keys = {
  name: key('span.name'),
  kind: key('span.kind'),
  parent: key('parent_span_id'),
  traceState: key('trace_state'),
  end: key('end_time_unix_nano'),
  duration: key('duration_nano'),
  statusCode: key('otel.status_code'),
  statusDescription: key('otel.status_description'),
  attributes: key('attributes'),
  dropped: key('dropped_attributes_count'),
  droppedEvents: key('dropped_events_count'),
  droppedLinks: key('dropped_links_count'),
  eventName: key('event.name'),
};
const spansMeasurement = Buffer.from('spans');
const linksMeasurement = Buffer.from('span-links');

/** By OTLP's numbers. */
const kinds = [undefined, 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const statuses: Readonly<Record<number, string>> = { [spanStatus.ok]: 'Ok', [spanStatus.error]: 'Error' };

/** https://github.com/influxdata/influxdb-observability/blob/main/docs/traces.md: spans, their events and their links. */
export function writeSpans(
  { resourceSpans }: TracesBatch,
  { lines, dimensions }: { lines: Lines; dimensions: readonly string[] },
): void {
  const divide = dividing(dimensions);
  const isTag: ReadonlySet<string> = new Set(dimensions);
  const momentOf = moments();

  const attributesField = (attributes: Attributes): void => {
    if (Object.keys(attributes).length > 0) lines.string(keys.attributes, jsonText(attributes));
  };
  const writeEvents = (span: Span, ids: Attributes): void => {
    const tags = tagsOf(ids);
    for (const { name, time, attributes, droppedAttributesCount = 0 } of span.events ?? []) {
      lines.begin(logsMeasurement, tags.bytes);
      if (name !== '') lines.string(keys.eventName, name);
      attributesField(attributes);
      lines.unsigned(keys.dropped, droppedAttributesCount);
      lines.end(momentOf(tags, time), 0);
    }
  };
  const writeLinks = (span: Span, ids: Attributes): void => {
    for (const { traceId, spanId, traceState, attributes, droppedAttributesCount = 0 } of span.links ?? []) {
      const tags = tagsOf({ ...ids, linked_trace_id: traceId, linked_span_id: spanId });
      lines.begin(linksMeasurement, tags.bytes);
      if (traceState) lines.string(keys.traceState, traceState);
      attributesField(attributes);
      lines.unsigned(keys.dropped, droppedAttributesCount);
      lines.end(momentOf(tags, span.startTime), 0);
    }
  };
  const writeFields = (span: Span): void => {
    const { startTime, endTime, status, parentSpanId, traceState } = span;
    const kind = kinds[span.kind];
    if (span.name !== '' && !isTag.has('span.name')) lines.string(keys.name, span.name);
    if (kind && !isTag.has('span.kind')) lines.string(keys.kind, kind);
    if (parentSpanId && !isTag.has('parent_span_id')) lines.string(keys.parent, parentSpanId);
    if (traceState) lines.string(keys.traceState, traceState);
    if (isSet(endTime)) {
      lines.nanoseconds(keys.end, endTime);
      lines.integer(keys.duration, nanoseconds(endTime) - nanoseconds(startTime));
    }
    const code = statuses[status?.code ?? 0];
    if (code) lines.string(keys.statusCode, code);
    if (status?.message) lines.string(keys.statusDescription, status.message);
    if (span.droppedEventsCount) lines.unsigned(keys.droppedEvents, span.droppedEventsCount);
    if (span.droppedLinksCount) lines.unsigned(keys.droppedLinks, span.droppedLinksCount);
    lines.unsigned(keys.dropped, span.droppedAttributesCount ?? 0);
  };
  const tagged = (span: Span): Attributes => ({
    ...(isTag.has('span.name') && { 'span.name': span.name }),
    ...(isTag.has('span.kind') && { 'span.kind': kinds[span.kind] }),
    ...(isTag.has('parent_span_id') && { parent_span_id: span.parentSpanId }),
  });

  for (const { resource, scopeSpans } of resourceSpans)
    for (const { scope, spans } of scopeSpans) {
      const divided = divide(resource, scope);
      for (const span of spans) {
        const ids = { trace_id: span.traceId, span_id: span.spanId };
        const { tags, json } = divided(span.attributes, { ...tagged(span), ...ids });
        lines.begin(spansMeasurement, tags.bytes);
        writeFields(span);
        if (json !== undefined) lines.string(keys.attributes, json);
        if (!lines.end(momentOf(tags, span.startTime), 1)) continue;
        writeEvents(span, ids);
        writeLinks(span, ids);
      }
    }
}

const isSet = ([seconds, nanos]: HrTime): boolean => seconds !== 0 || nanos !== 0;

import type { ResourceSpans, ScopeSpans, Span, SpanEvent, SpanLink } from '@millrace/core';
import { fieldOf } from './origins.ts';
import { writeCount, writeInt32, writeResource, writeSchemaUrl, writeScope } from './resource.ts';
import { writeKnownAttributes, writeId, writeText } from './values.ts';
import type { Writer } from '@millrace/protobuf';

// opentelemetry/proto/trace/v1/trace.proto, and its ExportTraceServiceRequest
const resourceSpansTag = 0x0a;
const scopeSpansTag = 0x12;
const spanTag = {
  span: 0x12,
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  startTime: 0x39,
  endTime: 0x41,
  attributes: 0x4a,
  droppedAttributesCount: 0x50,
  events: 0x5a,
  droppedEventsCount: 0x60,
  links: 0x6a,
  droppedLinksCount: 0x70,
  status: 0x7a,
} as const;
/** Field 16 is the one whose tag has two bytes; last comes first. */
const flagsTag = [0x01, 0x85] as const;
const eventTag = { time: 0x09, name: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const;
const linkTag = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  attributes: 0x22,
  droppedAttributesCount: 0x28,
  flags: 0x35,
} as const;
const statusTag = { message: 0x12, code: 0x18 } as const;

/** An ExportTraceServiceRequest. */
export function writeTraces(writer: Writer, resourceSpans: readonly ResourceSpans[]): void {
  for (let index = resourceSpans.length - 1; index >= 0; index--) {
    const field = fieldOf(resourceSpans[index]!);
    if (field) {
      writer.bytes(field);
      continue;
    }
    const { resource, scopeSpans } = resourceSpans[index]!;
    const mark = writer.length;
    writeSchemaUrl(writer, resource.schemaUrl);
    for (let scope = scopeSpans.length - 1; scope >= 0; scope--) writeScopeSpans(writer, scopeSpans[scope]!);
    writeResource(writer, resource);
    writer.message(resourceSpansTag, mark);
  }
}

function writeScopeSpans(writer: Writer, { scope, spans }: ScopeSpans): void {
  const mark = writer.length;
  writeSchemaUrl(writer, scope.schemaUrl);
  for (let index = spans.length - 1; index >= 0; index--) writeSpan(writer, spans[index]!);
  writeScope(writer, scope);
  writer.message(scopeSpansTag, mark);
}

function writeSpan(writer: Writer, span: Span): void {
  const mark = writer.length;
  if (span.flags) {
    writer.fixed32(span.flags >>> 0);
    for (const byte of flagsTag) writer.tag(byte);
  }
  if (span.status) writeStatus(writer, span.status);
  writeCount(writer, spanTag.droppedLinksCount, span.droppedLinksCount);
  const { events = [], links = [] } = span;
  for (let index = links.length - 1; index >= 0; index--) writeLink(writer, links[index]!);
  writeCount(writer, spanTag.droppedEventsCount, span.droppedEventsCount);
  for (let index = events.length - 1; index >= 0; index--) writeEvent(writer, events[index]!);
  writeCount(writer, spanTag.droppedAttributesCount, span.droppedAttributesCount);
  writeKnownAttributes(writer, spanTag.attributes, span.attributes);
  writer.time(span.endTime);
  writer.tag(spanTag.endTime);
  writer.time(span.startTime);
  writer.tag(spanTag.startTime);
  writeInt32(writer, spanTag.kind, span.kind);
  if (span.name) writeText(writer, spanTag.name, span.name);
  writeId(writer, spanTag.parentSpanId, { digits: span.parentSpanId, size: 8 });
  if (span.traceState) writeText(writer, spanTag.traceState, span.traceState);
  writeId(writer, spanTag.spanId, { digits: span.spanId, size: 8 });
  writeId(writer, spanTag.traceId, { digits: span.traceId, size: 16 });
  writer.message(spanTag.span, mark);
}

function writeStatus(writer: Writer, { code, message }: NonNullable<Span['status']>): void {
  const mark = writer.length;
  writeInt32(writer, statusTag.code, code);
  if (message) writeText(writer, statusTag.message, message);
  writer.message(spanTag.status, mark);
}

function writeEvent(writer: Writer, event: SpanEvent): void {
  const mark = writer.length;
  writeCount(writer, eventTag.droppedAttributesCount, event.droppedAttributesCount);
  writeKnownAttributes(writer, eventTag.attributes, event.attributes);
  if (event.name) writeText(writer, eventTag.name, event.name);
  writer.time(event.time);
  writer.tag(eventTag.time);
  writer.message(spanTag.events, mark);
}

function writeLink(writer: Writer, link: SpanLink): void {
  const mark = writer.length;
  if (link.flags) {
    writer.fixed32(link.flags >>> 0);
    writer.tag(linkTag.flags);
  }
  writeCount(writer, linkTag.droppedAttributesCount, link.droppedAttributesCount);
  writeKnownAttributes(writer, linkTag.attributes, link.attributes);
  if (link.traceState) writeText(writer, linkTag.traceState, link.traceState);
  writeId(writer, linkTag.spanId, { digits: link.spanId, size: 8 });
  writeId(writer, linkTag.traceId, { digits: link.traceId, size: 16 });
  writer.message(spanTag.links, mark);
}

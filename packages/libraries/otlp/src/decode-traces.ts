import type { HrTime, ScopeSpans, Span, SpanEvent, SpanLink } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import { decodeAttributes, joined, noAttributes } from './attributes.ts';
import { decodeScope, emptyScope } from './decode-resource.ts';

/** A ScopeSpans message that goes on to `end`. */
export function decodeScopeSpans(cursor: Cursor, end: number): ScopeSpans {
  const scope = emptyScope();
  const spans: Span[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x12) spans.push(decodeSpan(cursor, cursor.end()));
    else if (tag === 0x0a) decodeScope(cursor, cursor.end(), scope);
    else if (tag === 0x1a) scope.schemaUrl = cursor.text();
    else cursor.skip(tag);
  }
  return { scope, spans };
}

const unknownTime: HrTime = [0, 0];

function decodeSpan(cursor: Cursor, end: number): Span {
  let traceId = '';
  let spanId = '';
  let parentSpanId: string | undefined;
  let traceState: string | undefined;
  let flags: number | undefined;
  let name = '';
  let kind = 0;
  let startTime = unknownTime;
  let endTime = unknownTime;
  let attributes = noAttributes;
  let droppedAttributesCount: number | undefined;
  let events: SpanEvent[] | undefined;
  let droppedEventsCount: number | undefined;
  let links: SpanLink[] | undefined;
  let droppedLinksCount: number | undefined;
  let status: Span['status'];
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x0a:
        traceId = cursor.id() ?? '';
        break;
      case 0x12:
        spanId = cursor.id() ?? '';
        break;
      case 0x1a:
        traceState = cursor.text() || undefined;
        break;
      case 0x22:
        parentSpanId = cursor.id();
        break;
      case 0x2a:
        name = cursor.text();
        break;
      case 0x30:
        kind = cursor.int32();
        break;
      case 0x39:
        startTime = cursor.startTime();
        break;
      case 0x41:
        endTime = cursor.endTime();
        break;
      case 0x4a:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x50:
        droppedAttributesCount = cursor.uint32() || undefined;
        break;
      case 0x5a:
        (events ??= []).push(decodeEvent(cursor, cursor.end()));
        break;
      case 0x60:
        droppedEventsCount = cursor.uint32() || undefined;
        break;
      case 0x6a:
        (links ??= []).push(decodeLink(cursor, cursor.end()));
        break;
      case 0x70:
        droppedLinksCount = cursor.uint32() || undefined;
        break;
      case 0x7a:
        status = decodeStatus(cursor, cursor.end(), status);
        break;
      case 0x85:
        flags = cursor.fixed32() || undefined;
        break;
      default:
        cursor.skip(tag);
    }
  }
  return {
    traceId,
    spanId,
    parentSpanId,
    traceState,
    flags,
    name,
    kind,
    startTime,
    endTime,
    attributes,
    droppedAttributesCount,
    events,
    droppedEventsCount,
    links,
    droppedLinksCount,
    status,
  };
}

function decodeEvent(cursor: Cursor, end: number): SpanEvent {
  let name = '';
  let time = unknownTime;
  let attributes = noAttributes;
  let droppedAttributesCount: number | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x09) time = cursor.time();
    else if (tag === 0x12) name = cursor.text();
    else if (tag === 0x1a) attributes = joined(attributes, decodeAttributes(cursor, end, tag));
    else if (tag === 0x20) droppedAttributesCount = cursor.uint32() || undefined;
    else cursor.skip(tag);
  }
  return { name, time, attributes, droppedAttributesCount };
}

function decodeLink(cursor: Cursor, end: number): SpanLink {
  let traceId = '';
  let spanId = '';
  let traceState: string | undefined;
  let flags: number | undefined;
  let attributes = noAttributes;
  let droppedAttributesCount: number | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x0a:
        traceId = cursor.id() ?? '';
        break;
      case 0x12:
        spanId = cursor.id() ?? '';
        break;
      case 0x1a:
        traceState = cursor.text() || undefined;
        break;
      case 0x22:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x28:
        droppedAttributesCount = cursor.uint32() || undefined;
        break;
      case 0x35:
        flags = cursor.fixed32() || undefined;
        break;
      default:
        cursor.skip(tag);
    }
  }
  return { traceId, spanId, traceState, flags, attributes, droppedAttributesCount };
}

function decodeStatus(cursor: Cursor, end: number, before: Span['status']): Span['status'] {
  let code = before?.code ?? 0;
  let message = before?.message;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x18) code = cursor.int32();
    else if (tag === 0x12) message = cursor.text() || undefined;
    else cursor.skip(tag);
  }
  return { code, message };
}

import type { AnyValue, HrTime, LogRecord, ScopeLogs } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import { decodeAttributes, joined, noAttributes } from './attributes.ts';
import { decodeScope, emptyScope } from './decode-resource.ts';
import { decodeValue } from './decode-values.ts';
import { rememberBody } from './values.ts';

/** A ScopeLogs message that goes on to `end`. */
export function decodeScopeLogs(cursor: Cursor, end: number): ScopeLogs {
  const scope = emptyScope();
  const logRecords: LogRecord[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x12) logRecords.push(decodeRecord(cursor, cursor.end()));
    else if (tag === 0x0a) decodeScope(cursor, cursor.end(), scope);
    else if (tag === 0x1a) scope.schemaUrl = cursor.text();
    else cursor.skip(tag);
  }
  return { scope, logRecords };
}

const unknownTime: HrTime = [0, 0];

function decodeRecord(cursor: Cursor, end: number): LogRecord {
  let time: HrTime | undefined;
  let observedTime = unknownTime;
  let severityNumber: number | undefined;
  let severityText: string | undefined;
  let body: AnyValue | undefined;
  let bodyAt = 0;
  let bodyEnd = 0;
  let inexact = false;
  let attributes = noAttributes;
  let eventName: string | undefined;
  let traceId: string | undefined;
  let spanId: string | undefined;
  let flags: number | undefined;
  let droppedAttributesCount: number | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x09:
        time = cursor.startTime();
        break;
      case 0x10:
        severityNumber = cursor.int32() || undefined;
        break;
      case 0x1a:
        severityText = cursor.text() || undefined;
        break;
      case 0x2a:
        bodyEnd = cursor.end();
        bodyAt = cursor.at;
        cursor.inexact = false;
        body = decodeValue(cursor, bodyEnd);
        inexact = cursor.inexact;
        break;
      case 0x32:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x38:
        droppedAttributesCount = cursor.uint32() || undefined;
        break;
      case 0x45:
        flags = cursor.fixed32() || undefined;
        break;
      case 0x4a:
        traceId = cursor.id();
        break;
      case 0x52:
        spanId = cursor.id();
        break;
      case 0x59:
        observedTime = cursor.endTime();
        break;
      case 0x62:
        eventName = cursor.text() || undefined;
        break;
      default:
        cursor.skip(tag);
    }
  }
  if (time && time[0] === 0 && time[1] === 0) time = undefined;
  const record = {
    time,
    observedTime,
    severityNumber,
    severityText,
    body,
    attributes,
    eventName,
    traceId,
    spanId,
    flags,
    droppedAttributesCount,
  };
  if (inexact) {
    const bytes = new Uint8Array(cursor.bytes.subarray(bodyAt, bodyEnd));
    rememberBody(typeof body === 'object' && body !== null ? body : record, bytes);
  }
  return record;
}

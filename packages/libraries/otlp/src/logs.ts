import type { LogRecord, ResourceLogs, ScopeLogs } from '@millrace/core';
import { fieldOf } from './origins.ts';
import { writeCount, writeInt32, writeResource, writeSchemaUrl, writeScope } from './resource.ts';
import { writeBody, writeId, writeKnownAttributes, writeText } from './values.ts';
import type { Writer } from '@millrace/protobuf';

// opentelemetry/proto/logs/v1/logs.proto, and its ExportLogsServiceRequest
const resourceLogsTag = 0x0a;
const scopeLogsTag = 0x12;
const recordTag = 0x12;
const logTag = {
  time: 0x09,
  severityNumber: 0x10,
  severityText: 0x1a,
  body: 0x2a,
  attributes: 0x32,
  droppedAttributesCount: 0x38,
  flags: 0x45,
  traceId: 0x4a,
  spanId: 0x52,
  observedTime: 0x59,
  eventName: 0x62,
} as const;

/** An ExportLogsServiceRequest. */
export function writeLogs(writer: Writer, resourceLogs: readonly ResourceLogs[]): void {
  for (let index = resourceLogs.length - 1; index >= 0; index--) {
    const field = fieldOf(resourceLogs[index]!);
    if (field) {
      writer.bytes(field);
      continue;
    }
    const { resource, scopeLogs } = resourceLogs[index]!;
    const mark = writer.length;
    writeSchemaUrl(writer, resource.schemaUrl);
    for (let scope = scopeLogs.length - 1; scope >= 0; scope--) writeScopeLogs(writer, scopeLogs[scope]!);
    writeResource(writer, resource);
    writer.message(resourceLogsTag, mark);
  }
}

function writeScopeLogs(writer: Writer, { scope, logRecords }: ScopeLogs): void {
  const mark = writer.length;
  writeSchemaUrl(writer, scope.schemaUrl);
  for (let index = logRecords.length - 1; index >= 0; index--) writeRecord(writer, logRecords[index]!);
  writeScope(writer, scope);
  writer.message(scopeLogsTag, mark);
}

/** A record's attributes are not remembered: they are made for it, and come once. */
function writeRecord(writer: Writer, record: LogRecord): void {
  const mark = writer.length;
  if (record.eventName) writeText(writer, logTag.eventName, record.eventName);
  writer.time(record.observedTime);
  writer.tag(logTag.observedTime);
  writeId(writer, logTag.spanId, { digits: record.spanId, size: 8 });
  writeId(writer, logTag.traceId, { digits: record.traceId, size: 16 });
  if (record.flags) {
    writer.fixed32(record.flags >>> 0);
    writer.tag(logTag.flags);
  }
  writeCount(writer, logTag.droppedAttributesCount, record.droppedAttributesCount);
  writeKnownAttributes(writer, logTag.attributes, record.attributes);
  if (record.body !== undefined) {
    const body = writer.length;
    writeBody(writer, record.body, record);
    writer.message(logTag.body, body);
  }
  if (record.severityText) writeText(writer, logTag.severityText, record.severityText);
  writeInt32(writer, logTag.severityNumber, record.severityNumber);
  if (record.time) {
    writer.time(record.time);
    writer.tag(logTag.time);
  }
  writer.message(recordTag, mark);
}

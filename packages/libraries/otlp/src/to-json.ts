import type { Batch, LogsBatch, MetricsBatch, TracesBatch } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import { Cursor } from './cursor.ts';
import { encode } from './encode.ts';
import type { Field, Message } from './messages.ts';
import { numberedFields, requests, wireType } from './messages.ts';

// OTLP/JSON is protobuf's JSON with two differences: ids are in hex, and enums are numbers. So it is made of the protobuf.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

type Json = string | number | boolean | readonly Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json;
}

/** The batch as an OTLP export request, in OTLP/JSON. Made anew. Throws a PermanentError for profiles. */
export function encodeJson(batch: Batch): string {
  if (batch.signal === 'profiles') throw new PermanentError('Profiles are passed on as protobuf only, not as JSON.');
  return requestJson(requests[batch.signal], encode(batch));
}

/** An ExportMetricsServiceRequest as OTLP/JSON. */
export const encodeMetricsJson = (batch: MetricsBatch): string => encodeJson(batch);
/** An ExportLogsServiceRequest as OTLP/JSON. */
export const encodeLogsJson = (batch: LogsBatch): string => encodeJson(batch);
/** An ExportTraceServiceRequest as OTLP/JSON. */
export const encodeTracesJson = (batch: TracesBatch): string => encodeJson(batch);

function requestJson(message: Message, bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return JSON.stringify(messageJson(new Cursor(buffer), message, buffer.length));
}

function messageJson(cursor: Cursor, message: Message, end: number): JsonObject {
  const json: JsonObject = {};
  const fields = numberedFields[message.index]!;
  while (cursor.at < end) {
    const tag = cursor.varint();
    const field = fields[tag >>> 3];
    if (!field) {
      cursor.skip(tag);
    } else if (!field.repeated) {
      json[field.name] = elementJson(cursor, field);
    } else {
      const list = (json[field.name] ??= []) as Json[];
      if ((tag & 7) === wireType(field)) list.push(elementJson(cursor, field));
      else for (const stop = cursor.end(); cursor.at < stop; ) list.push(elementJson(cursor, field));
    }
  }
  return json;
}

function elementJson(cursor: Cursor, field: Field): Json {
  switch (field.kind) {
    case 'message':
      return messageJson(cursor, field.message!, cursor.end());
    case 'string':
      return cursor.text();
    case 'bool':
      return cursor.bool();
    case 'double':
      return double(cursor.double());
    case 'traceId':
    case 'spanId':
      return cursor.id() ?? '';
    case 'bytes':
      return cursor.slice().toString('base64');
    case 'fixed32':
      return cursor.fixed32();
    case 'fixed64':
      return String(cursor.fixed64());
    case 'sfixed64':
      return String(cursor.sfixed64());
    case 'int64':
      return String(cursor.int64());
    case 'uint64':
      return String(cursor.uint64());
    case 'uint32':
      return cursor.uint32();
    case 'sint32':
      return cursor.sint32();
    case 'enum':
    case 'int32':
      return cursor.int32();
  }
}

/** JSON has no NaN, no infinities and, in JavaScript's hands, no negative zero. */
const double = (value: number): Json => (Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value));

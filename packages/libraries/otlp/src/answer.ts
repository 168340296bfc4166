import type { Signal } from '@millrace/core';
import type { PartialSuccess, Status } from './response.ts';
import {
  anyTag,
  durationTag,
  partialSuccessTag,
  partialTag,
  retryDelayTag,
  retryInfoType,
  statusTag,
} from './response.ts';
import { writeInt32 } from './resource.ts';
import { writeText } from './values.ts';
import { Writer } from '@millrace/protobuf';

const writer = new Writer(1024);
const retryInfoUrl = `type.googleapis.com/${retryInfoType}`;

/** How OTLP/JSON calls what was rejected. */
const rejectedKey = {
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  traces: 'rejectedSpans',
  profiles: 'rejectedProfiles',
} as const;

/** An Export…ServiceResponse; without `partial`, one that says that everything was taken. */
export function encodeResponse(_signal: Signal, partial?: PartialSuccess): Uint8Array<ArrayBuffer> {
  writer.rewind();
  if (partial) {
    if (partial.message) writeText(writer, partialTag.message, partial.message);
    if (partial.rejected) {
      writer.varint(partial.rejected);
      writer.tag(partialTag.rejected);
    }
    writer.message(partialSuccessTag, 0);
  }
  return writer.copy();
}

/** The same as OTLP/JSON. */
export function encodeResponseJson(signal: Signal, partial?: PartialSuccess): string {
  if (!partial) return '{}';
  const { rejected, message } = partial;
  return JSON.stringify({ partialSuccess: { [rejectedKey[signal]]: String(rejected), errorMessage: message } });
}

/** A google.rpc.Status, with RetryInfo where it says when to try again. */
export function encodeStatus({ code, message, retryDelayMs }: Status): Uint8Array<ArrayBuffer> {
  writer.rewind();
  if (retryDelayMs !== undefined) {
    const { seconds, nanos } = durationOf(retryDelayMs);
    writeInt32(writer, durationTag.nanos, nanos);
    if (seconds > 0) {
      writer.varint(seconds);
      writer.tag(durationTag.seconds);
    }
    writer.message(retryDelayTag, 0);
    writer.message(anyTag.value, 0);
    writeText(writer, anyTag.typeUrl, retryInfoUrl);
    writer.message(statusTag.details, 0);
  }
  if (message) writeText(writer, statusTag.message, message);
  writeInt32(writer, statusTag.code, code);
  return writer.copy();
}

/** The same in JSON. */
export function encodeStatusJson({ code, message, retryDelayMs }: Status): string {
  const details = retryDelayMs !== undefined && [{ '@type': retryInfoUrl, retryDelay: durationText(retryDelayMs) }];
  return JSON.stringify({ code, message, ...(details && { details }) });
}

interface Duration {
  readonly seconds: number;
  readonly nanos: number;
}

function durationOf(ms: number): Duration {
  const nanos = Math.round(Math.max(0, ms) * 1e6);
  return { seconds: Math.floor(nanos / 1e9), nanos: nanos % 1e9 };
}

/** As protobuf's JSON has durations: `1.5s`. */
function durationText(ms: number): string {
  const { seconds, nanos } = durationOf(ms);
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return `${seconds}${fraction && `.${fraction}`}s`;
}

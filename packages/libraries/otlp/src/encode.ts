import type { Batch, LogsBatch, MetricsBatch } from '@millrace/core';
import { writeLogs } from './logs.ts';
import { writeMetrics } from './metrics.ts';
import { Writer } from './writer.ts';

const initialCapacity = 64 * 1024;
const keptCapacity = 4 * 1024 * 1024;

let scratch = new Writer(initialCapacity);
const encoded = new WeakMap<Batch, Uint8Array<ArrayBuffer>>();

/**
 * The batch as an OTLP export request, in protobuf. Made at the first ask and shared by all who ask: do not change it.
 */
export function encode(batch: Batch): Uint8Array<ArrayBuffer> {
  let bytes = encoded.get(batch);
  if (!bytes) {
    bytes = batch.signal === 'metrics' ? encodeMetrics(batch) : encodeLogs(batch);
    encoded.set(batch, bytes);
  }
  return bytes;
}

/** An ExportMetricsServiceRequest, made anew. */
export function encodeMetrics({ resourceMetrics }: MetricsBatch): Uint8Array<ArrayBuffer> {
  return written((writer) => writeMetrics(writer, resourceMetrics));
}

/** An ExportLogsServiceRequest, made anew. */
export function encodeLogs({ resourceLogs }: LogsBatch): Uint8Array<ArrayBuffer> {
  return written((writer) => writeLogs(writer, resourceLogs));
}

function written(write: (writer: Writer) => void): Uint8Array<ArrayBuffer> {
  const writer = scratch;
  writer.rewind();
  write(writer);
  // One huge batch does not keep its memory for good.
  if (writer.capacity > keptCapacity) scratch = new Writer(initialCapacity);
  return writer.copy();
}

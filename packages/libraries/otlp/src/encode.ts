import type { Batch, LogsBatch, MetricsBatch, TracesBatch } from '@millrace/core';
import { encodedOf, partsOf } from '@millrace/core';
import { EncodedRequest } from './encoded-request.ts';
import { writeLogs } from './logs.ts';
import { writeMetrics } from './metrics.ts';
import { writeTraces } from './traces.ts';
import { Writer } from '@millrace/protobuf';

const initialCapacity = 64 * 1024;
const keptCapacity = 4 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

let scratch = new Writer(initialCapacity);
/** Of batches that are not requests themselves. */
const made = new WeakMap<Batch, Bytes>();

/**
 * The batch as an OTLP export request, in protobuf. Made at the first ask and shared by all who ask: do not change it. A
 * batch that came as bytes is these bytes.
 */
export function encode(batch: Batch): Bytes {
  const known = requestOf(batch) ?? made.get(batch);
  if (known) return known;
  const parts = partsOf(batch);
  const bytes = parts.length > 1 ? Buffer.concat(parts.map(encode)) : encodeObjects(batch);
  made.set(batch, bytes);
  return bytes;
}

/** What `encode` gives in pieces that were not put together, for a socket that takes many: those of a merged batch. */
export function encodeChunks(batch: Batch): readonly Bytes[] {
  const parts = partsOf(batch);
  const known = parts.length > 1 ? made.get(batch) : undefined;
  return known ? [known] : parts.map(encode);
}

/** The request that a batch still is. */
function requestOf(batch: Batch): Bytes | undefined {
  const encoded = encodedOf(batch);
  return encoded instanceof EncodedRequest ? encoded.request : undefined;
}

function encodeObjects(batch: Batch): Bytes {
  switch (batch.signal) {
    case 'metrics':
      return encodeMetrics(batch);
    case 'logs':
      return encodeLogs(batch);
    case 'traces':
      return encodeTraces(batch);
    case 'profiles':
      return batch.request as Bytes;
  }
}

/** An ExportMetricsServiceRequest, made anew. */
export function encodeMetrics({ resourceMetrics }: MetricsBatch): Bytes {
  return written((writer) => writeMetrics(writer, resourceMetrics));
}

/** An ExportLogsServiceRequest, made anew. */
export function encodeLogs({ resourceLogs }: LogsBatch): Bytes {
  return written((writer) => writeLogs(writer, resourceLogs));
}

/** An ExportTraceServiceRequest, made anew. */
export function encodeTraces({ resourceSpans }: TracesBatch): Bytes {
  return written((writer) => writeTraces(writer, resourceSpans));
}

function written(write: (writer: Writer) => void): Bytes {
  const writer = scratch;
  writer.rewind();
  write(writer);
  // One huge batch does not keep its memory for good.
  if (writer.capacity > keptCapacity) scratch = new Writer(initialCapacity);
  return writer.copy();
}

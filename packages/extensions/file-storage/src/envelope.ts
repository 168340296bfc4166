import { type Batch, itemCount, type Metadata, mergeBatches, partsOf, type Signal, signals } from '@millrace/core';
import { batchFromChecked, encode } from '@millrace/otlp';

/**
 * A batch as a record: a head, then an OTLP request in protobuf for each part of the batch, so that a merged batch keeps its
 * seams. The head is little-endian:
 *
 *     0  version, 1          2  bytes of the metadata, as JSON    4  number of parts    8  bytes and items of each part, 4 each
 *     1  signal: its index in metrics, logs, traces, profiles     then the metadata
 */
const version = 1;
const fixedSize = 8;
const partSize = 8;
const mostMetadata = 0xffff;

/** The record's chunks: the batch's own bytes, not copied. */
export function toRecord(batch: Batch): Uint8Array[] {
  const batches = partsOf(batch);
  const parts = batches.map(encode);
  const metadata = batch.metadata ? Buffer.from(JSON.stringify(batch.metadata)) : Buffer.alloc(0);
  if (metadata.length > mostMetadata) throw new RangeError(`metadata of ${metadata.length} bytes`);
  const head = Buffer.alloc(fixedSize + partSize * parts.length);
  head[0] = version;
  head[1] = signals.indexOf(batch.signal);
  head.writeUInt16LE(metadata.length, 2);
  head.writeUInt32LE(parts.length, 4);
  for (const [index, part] of parts.entries()) {
    head.writeUInt32LE(part.length, fixedSize + partSize * index);
    head.writeUInt32LE(itemCount(batches[index]!), fixedSize + partSize * index + 4);
  }
  return [head, metadata, ...parts];
}

/** Undefined for a record of a later version. Throws for what is no batch. Keeps the bytes: do not change them. */
export function fromRecord(bytes: Buffer): Batch | undefined {
  const signal: Signal | undefined = signals[bytes[1] ?? -1];
  if (bytes[0] !== version || signal === undefined) return undefined;
  const metadataSize = bytes.readUInt16LE(2);
  const count = bytes.readUInt32LE(4);
  let at = fixedSize + partSize * count;
  const metadata = metadataSize > 0 ? metadataOf(bytes.subarray(at, at + metadataSize)) : undefined;
  at += metadataSize;
  const parts = Array.from({ length: count }, (_, index) => {
    const place = fixedSize + partSize * index;
    const end = at + bytes.readUInt32LE(place);
    const items = bytes.readUInt32LE(place + 4);
    // It was checked when it came in, and the record's checksum says that it is the same.
    const part = batchFromChecked(signal, { request: bytes.subarray(at, end), items }, metadata);
    at = end;
    return part;
  });
  if (at !== bytes.length) throw new RangeError(`${bytes.length - at} bytes are left over`);
  return mergeBatches(parts, metadata);
}

const metadataOf = (json: Buffer): Metadata => JSON.parse(json.toString()) as Metadata;

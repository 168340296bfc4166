import type { HrTime, LogRecord, LogsBatch, ResourceLogs, Scope } from '@millrace/core';
import { itemCount, valueText } from '@millrace/core';
import { Arena } from './arena.ts';
import { clipped } from './clip.ts';
import type { Config } from './config.ts';
import { levelOf } from './labels/level.ts';
import { jsonLine } from './line/json.ts';
import { logfmtLine } from './line/logfmt.ts';
import type { Metadata } from './metadata.ts';
import { add, addAttributes, addFields, clear, cut, noMetadata, sizeBound } from './metadata.ts';
import { type Place, placer } from './place.ts';
import type { Codec, Entry, Lines } from './push/codec.ts';
import { inOrder } from './push/order.ts';
import type { Stream, Streams } from './labels/streams.ts';

/** The lines of a batch, by their streams, and where they are written. */
export interface Encoded {
  readonly streams: readonly Lines[];
  readonly entries: Buffer;
}

export interface Events {
  /** So many lines were dropped. */
  drop(lines: number, reason: string): void;
  /** A line was changed so that Loki takes it. */
  changed(reason: string): void;
  now(): number;
}

const all = (): boolean => true;

/** Makes lines of records, in their streams. */
export function encoder(
  config: Config,
  { codec, streams, events }: { readonly codec: Codec; readonly streams: Streams; readonly events: Events },
): (batch: LogsBatch) => Encoded {
  const placeOf = placer(config, streams);
  const { limits, structured_metadata: hasMetadata } = config;
  const isCut = limits.max_line_size_truncate;
  const metadata = noMetadata();
  const blocks = new WeakMap<Metadata, Uint8Array>();
  let bytesPerRecord = 256;

  function lineOf(record: LogRecord, { format, isShown = all, source }: Place, scope: Scope): string | undefined {
    const line =
      format === 'raw'
        ? valueText(record.body)
        : (format === 'json' ? jsonLine : logfmtLine)(record, isShown, source.tail(scope));
    const short = clipped(line, limits.max_line_size);
    if (short.length === line.length) return line;
    if (!isCut) {
      events.drop(1, 'line_too_long');
      return undefined;
    }
    events.changed('line_too_long');
    return short;
  }

  /** Gathers structured metadata; what is returned is not among it, but to be written behind it. */
  function metadataOf(record: LogRecord, place: Place, scope: Scope): Metadata | undefined {
    clear(metadata);
    if (!hasMetadata) return undefined;
    const { traceId, spanId } = record;
    if (traceId) add(metadata, 'trace_id', traceId);
    if (spanId) add(metadata, 'span_id', spanId);
    for (const [name, value] of place.moved) add(metadata, name, value);
    if (!place.hasLevel) add(metadata, 'level', levelOf(record));
    if (place.format !== 'raw') return undefined;
    addFields(metadata, record);
    addAttributes(metadata, record.attributes, { from: 'attribute', isShown: place.isShown });
    const source = place.source.metadata(scope);
    if (source.names.length === 0) return undefined;
    if (!metadata.names.some((name) => source.names.includes(name))) return source;
    place.source.addTo(metadata, scope);
    return undefined;
  }

  function withinLimits(source: Metadata | undefined): Metadata | undefined {
    const { max_structured_metadata_size: maxSize, max_structured_metadata_entries_count: maxCount } = limits;
    const count = metadata.names.length + (source?.names.length ?? 0);
    const size = sizeBound(metadata) + (source ? sizeBound(source) : 0);
    if ((maxSize === 0 || size <= maxSize) && (maxCount === 0 || count <= maxCount)) return source;
    if (source) {
      metadata.names.push(...source.names);
      metadata.values.push(...source.values);
    }
    if (cut(metadata, limits)) events.changed('structured_metadata_too_large');
    return undefined;
  }

  function blockOf(source: Metadata | undefined): Uint8Array | undefined {
    if (!source) return undefined;
    let block = blocks.get(source);
    if (!block) blocks.set(source, (block = codec.block(source)));
    return block;
  }

  return (batch) => {
    const now = events.now();
    const records = itemCount(batch);
    const to = new Arena(Math.max(4096, Math.ceil(records * bytesPerRecord * 1.2)));
    const lines = new Map<Stream, Entry[]>();

    function addRecord({ resource }: ResourceLogs, scope: Scope, record: LogRecord): void {
      const place = placeOf(resource, record);
      if (!place) return events.drop(1, 'invalid_tenant');
      const line = lineOf(record, place, scope);
      if (line === undefined) return undefined;
      for (const reason of place.reasons) events.changed(reason);
      const block = blockOf(withinLimits(metadataOf(record, place, scope)));
      const start = to.at;
      codec.rest(to, { line, block, names: metadata.names, values: metadata.values });
      const [seconds, nanos] = timeOf(record, now);
      const { stream } = place;
      let entries = lines.get(stream);
      if (!entries) {
        stream.seen = now;
        lines.set(stream, (entries = []));
      }
      entries.push({ seconds, nanos, start, end: to.at });
      return undefined;
    }

    for (const resourceLogs of batch.resourceLogs)
      for (const { scope, logRecords } of resourceLogs.scopeLogs)
        for (const record of logRecords) addRecord(resourceLogs, scope, record);

    if (records > 0) bytesPerRecord = to.at / records;
    for (const entries of lines.values()) inOrder(entries, to.buffer);
    return { streams: Array.from(lines, ([stream, entries]) => ({ stream, entries })), entries: to.buffer };
  };
}

/** When it happened, or was seen, or is sent. Zero and before says unknown, as OTLP has it. */
function timeOf({ time, observedTime }: LogRecord, now: number): HrTime {
  if (time && time[0] > 0) return time;
  if (observedTime[0] > 0) return observedTime;
  return [Math.floor(now / 1000), (now % 1000) * 1e6];
}

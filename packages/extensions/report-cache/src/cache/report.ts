import type { Batch, Signal } from '@millrace/core';
import { batchFromRequest, encode } from '@millrace/otlp';
import { Reader, Writer } from '@millrace/protobuf';

/** What is kept of a batch: all of one cluster in it, encoded once for all who ask. Never changed. */
export interface Report {
  readonly cluster: string;
  /** Grows by 1 from report to report, over all clusters. */
  readonly cursor: number;
  /** When the cache took it, in milliseconds since the epoch. */
  readonly time: number;
  readonly signal: Signal;
  /** How many reports of its cluster and signal there were when it came, itself included. */
  readonly ordinal: number;
  /** `Event { report }` of proto/reports.proto. The other two share its memory. */
  readonly event: Buffer;
  /** `Report`. */
  readonly message: Buffer;
  /** The OTLP request. */
  readonly otlp: Buffer;
}

export type ReportHead = Pick<Report, 'cluster' | 'cursor' | 'time' | 'signal' | 'ordinal'>;

// Tags, `field << 3 | wire type`.
const tag = { cluster: 10, cursor: 16, time: 25, signal: 34, otlp: 42, report: 10 } as const;

export function reportOf(head: ReportHead, batch: Batch): Report {
  const otlp = encode(batch);
  const writer = new Writer(otlp.length + 3 * head.cluster.length + 64);
  writer.bytes(otlp);
  writer.message(tag.otlp, 0);
  field(writer, tag.signal, head.signal);
  writer.fixed64(BigInt(Math.max(0, Math.trunc(head.time))) * 1_000_000n);
  writer.tag(tag.time);
  writer.varint(head.cursor);
  writer.tag(tag.cursor);
  field(writer, tag.cluster, head.cluster);
  const size = writer.length;
  writer.message(tag.report, 0);
  return withEvent(head, Buffer.from(writer.copy().buffer), { size, otlpSize: otlp.length });
}

function field(writer: Writer, fieldTag: number, text: string): void {
  const mark = writer.length;
  writer.text(text);
  writer.message(fieldTag, mark);
}

const withEvent = (
  head: ReportHead,
  event: Buffer,
  { size, otlpSize }: { size: number; otlpSize: number },
): Report => ({
  ...head,
  event,
  message: event.subarray(event.length - size),
  otlp: event.subarray(event.length - otlpSize),
});

/** The batch that a report was made of, as bytes that are decoded when someone looks. */
export const batchOfReport = ({ signal, otlp }: Report): Batch => batchFromRequest(signal, otlp);

/** What storage keeps of a report: its ordinal (field 1), its event (field 2) and its time in milliseconds (field 3). */
export function toStored({ ordinal, event, time }: Report): Uint8Array {
  const writer = new Writer(event.length + 48);
  writer.varint(Math.max(0, Math.trunc(time)));
  writer.tag(24);
  const mark = writer.length;
  writer.bytes(event);
  writer.message(18, mark);
  writer.varint(ordinal);
  writer.tag(8);
  return writer.copy();
}

/** Throws where the bytes are not what `toStored` made. */
export function fromStored(bytes: Uint8Array): Report {
  const stored = fieldsOf(bytes);
  const event = Buffer.from(stored.bytes(2));
  const message = fieldsOf(event).bytes(1);
  const fields = fieldsOf(message);
  const otlp = fields.bytes(5);
  const signal = Buffer.from(fields.bytes(4)).toString();
  if (signal !== 'metrics' && signal !== 'logs' && signal !== 'traces')
    throw new RangeError(`The signal ${signal} is not known.`);
  const head: ReportHead = {
    cluster: Buffer.from(fields.bytes(1)).toString(),
    cursor: fields.integer(2),
    time: stored.integer(3),
    signal,
    ordinal: stored.integer(1),
  };
  if (!(head.cursor > 0 && head.ordinal > 0)) throw new RangeError('A report has no cursor.');
  batchFromRequest(signal, otlp);
  return withEvent(head, event, { size: message.length, otlpSize: otlp.length });
}

interface Fields {
  bytes(field: number): Uint8Array;
  integer(field: number): number;
}

/** Of a message without repeated fields. What it does not have is empty, or 0. */
function fieldsOf(message: Uint8Array): Fields {
  const texts = new Map<number, Uint8Array>();
  const integers = new Map<number, number>();
  const reader = new Reader(message);
  for (let next = reader.tag(); next !== undefined; next = reader.tag()) {
    const [number, type] = [next >>> 3, next & 7];
    if (type === 2) texts.set(number, reader.bytes());
    else if (type === 0) integers.set(number, reader.varint());
    else reader.skip(next);
  }
  return {
    bytes: (number) => texts.get(number) ?? new Uint8Array(),
    integer: (number) => integers.get(number) ?? 0,
  };
}

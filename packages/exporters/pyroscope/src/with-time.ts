import { Reader, Writer } from '@millrace/protobuf';

/** time_nanos in profile.proto: `field << 3 | wire type`. */
const timeTag = 0x48;

/** A pprof file at another time. All else stays as it is: ids, the order of texts. */
export function withTime(pprof: Uint8Array, timeNanos: bigint): Uint8Array {
  const fields: { readonly tag: number; readonly content: bigint | Uint8Array }[] = [];
  const reader = new Reader(pprof);
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    const content = (tag & 7) === 0 ? reader.varint64() : reader.bytes();
    if (tag !== timeTag) fields.push({ tag, content });
  }
  fields.push({ tag: timeTag, content: timeNanos });
  const writer = new Writer(pprof.length + 64);
  for (const { tag, content } of fields.toReversed()) {
    const mark = writer.length;
    if (typeof content === 'bigint') {
      writer.varint64(content);
      writer.tag(tag);
    } else {
      writer.bytes(content);
      writer.message(tag, mark);
    }
  }
  return writer.copy();
}

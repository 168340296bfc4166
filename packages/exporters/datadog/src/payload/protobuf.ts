import { Writer } from '@millrace/protobuf';
import type { Builder } from './format.ts';

/** A message whose items are a repeated field. `write` writes the content of one, its last field first. */
export function protobufBuilder<Item>(tag: number, write: (writer: Writer, item: Item) => void): Builder<Item> {
  const writer = new Writer(64 * 1024);
  let last = 0;
  return {
    get bytes() {
      return writer.length;
    },
    add(item) {
      last = writer.length;
      write(writer, item);
      writer.message(tag, last);
    },
    undo: () => writer.rewind(last),
    finish() {
      const body = writer.copy();
      writer.rewind();
      return body;
    },
  };
}

export function text(writer: Writer, tag: number, value: string): void {
  const mark = writer.length;
  writer.text(value);
  writer.message(tag, mark);
}

/** A field that is left out where it is zero, as proto3 does. */
export function double(writer: Writer, tag: number, value: number): void {
  if (value === 0 && !Object.is(value, -0)) return;
  writer.double(value);
  writer.tag(tag);
}

/** An int64 below 2^53 in size, left out where it is zero. */
export function int(writer: Writer, tag: number, value: number): void {
  if (value === 0) return;
  if (value > 0) writer.varint(value);
  else writer.varint64(BigInt(value));
  writer.tag(tag);
}

/** Writes tags as a repeated field. They are the same array for many series, so their bytes are kept with it. */
export function tagsField(tag: number): (writer: Writer, tags: readonly string[]) => void {
  const encoded = new WeakMap<readonly string[], Uint8Array>();
  return (writer, tags) => {
    const known = encoded.get(tags);
    if (known) return writer.bytes(known);
    const mark = writer.length;
    for (let index = tags.length - 1; index >= 0; index--) text(writer, tag, tags[index]!);
    encoded.set(tags, writer.copy(mark));
    return undefined;
  };
}

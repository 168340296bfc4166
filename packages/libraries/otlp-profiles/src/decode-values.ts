import type { AnyValue } from '@millrace/core';
import { ProfileError } from '@millrace/pprof';
import type { Cursor } from './cursor.ts';

// opentelemetry/proto/common/v1/common.proto. Texts may be indexes into the strings of the dictionary.
const anyValueTag = {
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  kvlist: 0x32,
  bytes: 0x3a,
  strindex: 0x40,
} as const;
const keyValueTag = { key: 0x0a, value: 0x12, keyStrindex: 0x18 } as const;
const listTag = { values: 0x0a } as const;

/** Values in values. */
const deepest = 64;

type Text = (index: number) => string;

/** An AnyValue whose length comes next. Of several values the last one is taken, as protobuf says of a oneof. */
export function readValue(cursor: Cursor, text: Text, depth = 0): AnyValue {
  if (depth > deepest) throw new ProfileError(`An attribute has more than ${deepest} values in each other.`);
  const outer = cursor.enter();
  let value: AnyValue = null;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if (tag === anyValueTag.string) value = cursor.text();
    else if (tag === anyValueTag.bool) value = cursor.uint() !== 0;
    else if (tag === anyValueTag.int) value = cursor.int64();
    else if (tag === anyValueTag.double) value = cursor.double();
    else if (tag === anyValueTag.array) value = readList(cursor, text, depth + 1);
    else if (tag === anyValueTag.kvlist) {
      const list = cursor.enter();
      value = readAttributes(cursor, { tag: listTag.values, text, depth: depth + 1 });
      cursor.leave(list);
    } else if (tag === anyValueTag.bytes) value = new Uint8Array(cursor.slice());
    else if (tag === anyValueTag.strindex) value = text(cursor.index());
    else cursor.skip(tag, anyValueTag);
  }
  cursor.leave(outer);
  return value;
}

function readList(cursor: Cursor, text: Text, depth: number): AnyValue {
  const outer = cursor.enter();
  const values: AnyValue[] = [];
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === listTag.values) values.push(readValue(cursor, text, depth));
    else cursor.skip(tag, listTag);
  cursor.leave(outer);
  return values;
}

/** The KeyValue fields with this tag of the message that the cursor is in; other fields are passed over. */
function readAttributes(
  cursor: Cursor,
  { tag: own, text, depth }: { tag: number; text: Text; depth: number },
): Record<string, AnyValue> {
  const attributes: Record<string, AnyValue> = {};
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === own) readKeyValue(cursor, attributes, { text, depth });
    else cursor.skip(tag, {});
  return attributes;
}

/** Puts in the KeyValue whose length comes next. Of several with one key the first stays, as in the collector. */
export function readKeyValue(
  cursor: Cursor,
  attributes: Record<string, AnyValue>,
  { text, depth = 0 }: { text: Text; depth?: number },
): void {
  const outer = cursor.enter();
  let key = '';
  let value: AnyValue = null;
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === keyValueTag.key) key = cursor.text();
    else if (tag === keyValueTag.keyStrindex) key = text(cursor.index());
    else if (tag === keyValueTag.value) value = readValue(cursor, text, depth);
    else cursor.skip(tag, keyValueTag);
  cursor.leave(outer);
  if (!Object.hasOwn(attributes, key))
    Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
}

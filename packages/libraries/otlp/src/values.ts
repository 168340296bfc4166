import type { AnyValue, Attributes } from '@millrace/core';
import type { Writer } from '@millrace/protobuf';

// opentelemetry/proto/common/v1/common.proto
const anyValue = { string: 0x0a, bool: 0x10, int: 0x18, double: 0x21, array: 0x2a, kvlist: 0x32, bytes: 0x3a } as const;
const keyValue = { key: 0x0a, value: 0x12 } as const;
const listValues = 0x0a;

const int64Min = -(2 ** 63);
const int64End = 2 ** 63;

/** Whether OTLP can carry it in an int64. */
export const fitsInt64 = (value: number | bigint): boolean =>
  typeof value === 'bigint'
    ? BigInt.asIntN(64, value) === value
    : Number.isInteger(value) && value >= int64Min && value < int64End;

/** The content of an AnyValue; nothing at all for null, which OTLP calls an empty value. */
export function writeValue(writer: Writer, value: AnyValue): void {
  if (typeof value === 'string') return writeText(writer, anyValue.string, value);
  if (typeof value === 'number') return writeNumber(writer, value);
  if (typeof value === 'bigint') return writeBigint(writer, value);
  if (typeof value === 'boolean') {
    writer.varint(value ? 1 : 0);
    return writer.tag(anyValue.bool);
  }
  return value === null ? undefined : writeComposite(writer, value);
}

/** What no int64 holds keeps its digits. */
function writeBigint(writer: Writer, value: bigint): void {
  if (!fitsInt64(value)) return writeText(writer, anyValue.string, String(value));
  writer.varint64(value);
  return writer.tag(anyValue.int);
}

function writeNumber(writer: Writer, value: number): void {
  if (!fitsInt64(value) || Object.is(value, -0)) {
    writer.double(value);
    return writer.tag(anyValue.double);
  }
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) writer.varint(value);
  else writer.varint64(BigInt(value));
  return writer.tag(anyValue.int);
}

function writeComposite(writer: Writer, value: Exclude<AnyValue & object, null>): void {
  const mark = writer.length;
  if (value instanceof Uint8Array) {
    writer.bytes(value);
    return writer.message(anyValue.bytes, mark);
  }
  if (isList(value)) {
    for (let index = value.length - 1; index >= 0; index--) {
      const item = writer.length;
      writeValue(writer, value[index] ?? null);
      writer.message(listValues, item);
    }
    return writer.message(anyValue.array, mark);
  }
  writeAttributes(writer, listValues, value);
  return writer.message(anyValue.kvlist, mark);
}

export const isList = (value: object): value is readonly AnyValue[] => Array.isArray(value);

/** A field of text, with its length and tag. */
export function writeText(writer: Writer, tag: number, text: string): void {
  const mark = writer.length;
  writer.text(text);
  writer.message(tag, mark);
}

/** A backend refuses the whole request for an id of another length, so what is not an id is left out. */
export function writeId(writer: Writer, tag: number, id: { digits: string | undefined; size: 8 | 16 }): void {
  if (!id.digits || !writer.hex(id.digits, id.size)) return;
  writer.varint(id.size);
  writer.tag(tag);
}

/** Repeated KeyValue fields with this tag. An attribute that is undefined is not there. */
export function writeAttributes(writer: Writer, tag: number, attributes: Attributes): void {
  const keys = Object.keys(attributes);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index]!;
    const value = attributes[key];
    if (value === undefined) continue;
    const mark = writer.length;
    writeValue(writer, value);
    writer.message(keyValue.value, mark);
    writeKey(writer, key);
    writer.message(tag, mark);
  }
}

const longestKey = 64;
const mostKeys = 4096;
const keys = new Map<string, Uint8Array>();

/** There are few keys, and each comes often: copying its bytes takes half the time of going through its characters. */
function writeKey(writer: Writer, key: string): void {
  const bytes = keys.get(key);
  if (bytes) return writer.bytes(bytes);
  const mark = writer.length;
  writeText(writer, keyValue.key, key);
  if (key.length > longestKey) return undefined;
  if (keys.size === mostKeys) keys.clear();
  keys.set(key, writer.copy(mark));
  return undefined;
}

/** The bytes of attributes objects, with the tag they were written with. */
const known = new WeakMap<Attributes, Uint8Array>();

/** Says what an attributes object encodes to: KeyValue fields. */
export function rememberAttributes(attributes: Attributes, bytes: Uint8Array): void {
  known.set(attributes, bytes);
}

/** The same, from the bytes that are known of the object, if any. */
export function writeKnownAttributes(writer: Writer, tag: number, attributes: Attributes): void {
  const bytes = known.get(attributes);
  if (bytes && (bytes.length === 0 || bytes[0] === tag)) writer.bytes(bytes);
  else writeAttributes(writer, tag, attributes);
}

/** One of eight, at random. */
let state = 1;
const isOneOfEight = (): boolean => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 29 === 0;

/**
 * The same, remembering the bytes of attributes objects. The objects of series live from batch to batch, and their bytes are
 * most of what a point is: copying them is about five times as fast as writing them. Others come once, and remembering one
 * takes longer than to write it: so it is done at one sight of eight.
 */
export function rememberedAttributes(tag: number): (writer: Writer, attributes: Attributes) => void {
  return (writer, attributes) => {
    const bytes = known.get(attributes);
    if (bytes && (bytes.length === 0 || bytes[0] === tag)) return writer.bytes(bytes);
    const mark = writer.length;
    writeAttributes(writer, tag, attributes);
    if (!bytes && isOneOfEight()) known.set(attributes, writer.copy(mark));
    return undefined;
  };
}

const bodies = new WeakMap<object, Uint8Array>();

/** Says what the body of a log record encodes to: an AnyValue. Kept with the body, or with the record if it is no object. */
export function rememberBody(holder: object, bytes: Uint8Array): void {
  bodies.set(holder, bytes);
}

export function writeBody(writer: Writer, body: AnyValue, record: object): void {
  const bytes = bodies.get(typeof body === 'object' && body !== null ? body : record);
  if (bytes) writer.bytes(bytes);
  else writeValue(writer, body);
}
